import type { Summary } from './counts.ts'

/** A picture of the days: a bar a day for the runs of each rule, stacked, and one for what was refused. SVG, without scripts. */
export function plotText({ days, rules }: Summary): string {
  const names = rules.map(({ rule }) => rule).filter((rule) => days.some(({ runs }) => runs[rule]))
  const height = HEAD + PLOT + FOOT + names.length * LINE + LINE
  const width = LEFT + Math.max(days.length * DAY, MIN_WIDTH) + LEFT
  const largest = Math.max(1, ...days.map(({ counts }) => Math.max(counts.run + counts.rung, counts.refused)))
  const scale = PLOT / largest
  const body = [
    text(LEFT, LINE, `runs of each rule, and refused events, by day (the highest: ${largest})`),
    ...days.flatMap((day, index) => dayBars(day, { x: LEFT + index * DAY, scale, names })),
    `<path d="M${LEFT} ${BASE}H${width - LEFT}" stroke="#333"/>`,
    ...days.flatMap(({ day }, index) =>
      index % EVERY === 0 ? [text(LEFT + index * DAY, BASE + LINE, day.slice(5))] : [],
    ),
    ...[...names, REFUSED].flatMap((name, index) => legend(name, { index, y: BASE + FOOT + index * LINE })),
  ]
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${body.join('\n')}
</svg>
`
}

/** Pixels. */
const [LEFT, HEAD, PLOT, FOOT, LINE, DAY, BAR, MIN_WIDTH] = [20, 30, 200, 40, 18, 24, 9, 480]
const BASE = HEAD + PLOT
/** Days between two dates: more would overlap. */
const EVERY = 2

const REFUSED = 'refused'
const GREY = '#bbb'
/** Told apart by people who see colours differently. Source: Okabe and Ito, https://jfly.uni-koeln.de/color/ */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442']

function dayBars(
  { day, counts, runs }: Summary['days'][number],
  { x, scale, names }: { x: number; scale: number; names: string[] },
): string[] {
  let top = BASE
  const stacked = names.flatMap((name, index) => {
    const count = runs[name] ?? 0
    if (count === 0) return []
    top -= count * scale
    return [bar({ x, y: top, height: count * scale, fill: colourOf(index) }, `${day}: ${count} runs of ${name}`)]
  })
  const high = counts.refused * scale
  const refused = { x: x + BAR + 1, y: BASE - high, height: high, fill: GREY }
  return [...stacked, ...(high > 0 ? [bar(refused, `${day}: ${counts.refused} refused`)] : [])]
}

function bar({ x, y, height, fill }: { x: number; y: number; height: number; fill: string }, title: string): string {
  const at = `x="${x}" y="${y.toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}"`
  return `<rect ${at} fill="${fill}"><title>${escaped(title)}</title></rect>`
}

function legend(name: string, { index, y }: { index: number; y: number }): string[] {
  const fill = name === REFUSED ? GREY : colourOf(index)
  return [
    `<rect x="${LEFT}" y="${y - BAR}" width="${BAR}" height="${BAR}" fill="${fill}"/>`,
    text(LEFT + LINE, y, name),
  ]
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? GREY
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x}" y="${y}">${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
