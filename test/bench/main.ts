import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { call } from './call.ts'
import { first } from './first.ts'
import { load } from './load.ts'
import { machine } from './machine.ts'
import type { Measured, Ratio } from './measure.ts'
import { memory } from './memory.ts'
import { schedule } from './schedule.ts'
import { sign } from './sign.ts'
import { start } from './start.ts'

/**
 * `npm run bench`: ours beside the official clients and beside the floor, in one run and in turns. Ratios are what holds
 * on another machine: ours / theirs, smaller is better.
 *
 * `-- --only sign,load` runs some groups, `-- --json FILE` writes the ratios as one flat object as well.
 * `-- --only machine --rival FOLDER --rounds 3` sets the one machine beside that of another release, whose sources are in
 * that folder. Where it starts otherwise: `--rival-start COMMAND`, and `--rival-listens REGEXP` for its address.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    rival: { type: 'string' },
    'rival-start': { type: 'string' },
    'rival-listens': { type: 'string' },
  },
})
const rival = values.rival && {
  path: resolve(values.rival),
  start: values['rival-start'],
  listens: values['rival-listens'],
}
const GROUPS: Record<string, () => Promise<Measured>> = {
  ...{ sign, schedule, call, load, first, memory, start },
  machine: () => machine({ rival: rival || undefined, rounds: Number(values.rounds) }),
}

const asked = values.only?.split(',') ?? Object.keys(GROUPS)
const unknown = asked.filter((name) => !Object.hasOwn(GROUPS, name))
if (unknown.length) throw new Error(`--only takes ${Object.keys(GROUPS).join(', ')}, not ${unknown.join(', ')}`)

const ratios: Ratio[] = []
for (const name of asked) {
  const measured = await GROUPS[name]?.()
  if (!measured) continue
  console.log(`${measured.heading}\n`)
  for (const text of [...measured.lines, '', ...measured.ratios.map(ratioLine)]) console.log(`  ${text}`)
  console.log()
  ratios.push(...measured.ratios)
}
if (values.json) {
  const flat = Object.fromEntries(ratios.map(({ name, ours, theirs }) => [name, ours / theirs]))
  writeFileSync(values.json, `${JSON.stringify(flat, undefined, 2)}\n`)
}

function ratioLine({ name, ours, theirs, unit, target }: Ratio): string {
  const verdict = ours / theirs <= target ? 'met' : 'NOT MET'
  const figures = `${ours.toFixed(2)} / ${theirs.toFixed(2)} ${unit}`
  return `${name.padEnd(26)} ${(ours / theirs).toFixed(3)}  ${figures.padEnd(24)} target <= ${target.toFixed(2)}  ${verdict}`
}
