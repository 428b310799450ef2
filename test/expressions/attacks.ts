/** A text that makes an expression try again and again: `unit` as often as there is room, between the others. */
export interface Attack {
  prefix: string
  unit: string
  suffix: string
}

interface Item {
  /** Of one character; or the alternatives of a group. */
  samples: string[]
  group: Item[][]
  min: number
  max: number
}

/** One or more characters of each class that expressions have. */
const PROBES = [
  ...[
    ' ',
    '\t',
    '\n',
    '\0',
    '0',
    '1',
    '9',
    'a',
    'f',
    'x',
    'z',
    'A',
    'F',
    'T',
    'Z',
    '_',
    '-',
    '+',
    '.',
    ':',
    ';',
    ',',
    '/',
  ],
  ...[
    '\\',
    '"',
    "'",
    '=',
    '%',
    '&',
    '~',
    '@',
    '!',
    '<',
    '>',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '$',
    '*',
    'é',
    '启',
    '\u2028',
    '\u200e',
  ],
]

/** What would match so often counts as without bound. */
const MANY = 32

const END = ['', '\0', '!', ' !', '\n']

export function attacksOn({ source, flags }: { source: string; flags: string }): Attack[] {
  const parser = new Parser(source, flags.replace(/[gy]/g, ''))
  const found: Attack[] = []
  const visit = (items: Item[], before: string): string => {
    let prefix = before
    for (const [index, item] of items.entries()) {
      const rest = sampleOf(items.slice(index + 1))
      const units = [...new Set([...item.samples, ...item.group.map(sampleOf)])].filter((unit) => unit !== '')
      if (item.max >= MANY) {
        const both = units.length > 1 ? [units.slice(0, 6).join('')] : []
        for (const unit of [...units, ...both]) {
          // What follows, too: the whole would almost match, and what must not follow would.
          const suffixes = rest === '' ? END : [...END, rest, `${rest}\0`]
          found.push(...suffixes.map((suffix) => ({ prefix, unit, suffix })))
          if (rest !== '') found.push(...suffixes.map((suffix) => ({ prefix, unit: unit + rest, suffix })))
          if (prefix !== '') found.push(...suffixes.map((suffix) => ({ prefix: '', unit: prefix + unit, suffix })))
          if (prefix !== '') found.push({ prefix: '', unit: prefix, suffix: '!' })
        }
      }
      for (const alternative of item.group) visit(alternative, prefix)
      prefix += sampleOf([item])
    }
    return prefix
  }
  const wholes = parser.alternatives().map((items) => visit(items, ''))
  for (const unit of [...PROBES, ...wholes.filter(Boolean)]) found.push({ prefix: '', unit, suffix: '!' })
  return found
}

/** A text that matches, as short as may be. */
function sampleOf(items: Item[]): string {
  return items.map(({ samples, group, min }) => (samples[0] ?? sampleOf(group[0] ?? [])).repeat(min)).join('')
}

/** As much of the grammar as the sources have. What is looked for around, and anchors, count as empty. */
class Parser {
  private at = 0
  private readonly source: string
  private readonly flags: string

  constructor(source: string, flags: string) {
    this.source = source
    this.flags = flags
  }

  alternatives(): Item[][] {
    const found: Item[][] = [[]]
    while (this.at < this.source.length && this.source[this.at] !== ')') {
      if (this.taken(/\|/y)) found.push([])
      else found.at(-1)?.push(this.item())
    }
    return found
  }

  private item(): Item {
    const atom = this.atom()
    const [quantifier, least, comma, most] = this.taken(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y) ?? []
    if (quantifier === undefined) return { ...atom, min: atom.min, max: 1 }
    const bounds = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[quantifier.charAt(0)]
    const exact = Number(least)
    const [min = 0, max = 0] = bounds ?? [exact, comma ? Number(most || Infinity) : exact]
    return { ...atom, min, max }
  }

  private atom(): Item {
    const open = this.taken(/\((?:\?(?::|<?[=!]|<\w+>))?/y)
    if (open) {
      const group = this.alternatives()
      this.at += 1
      return { samples: [], group, min: /[=!]$/.test(open[0]) ? 0 : 1, max: 1 }
    }
    if (this.taken(/[$^]|\\[bB]/y)) return { samples: [''], group: [], min: 1, max: 1 }
    const [token = ''] = this.taken(/\[(?:\\.|[^\]\\])*\]|\\(?:u\{\w+\}|u\w{4}|x\w\w|p\{\w+\}|.)|./suy) ?? []
    const one = new RegExp(`^(?:${token})$`, this.flags)
    const own = [...token, ...[...token].map((char) => char.toUpperCase())]
    const samples = [...new Set([...own, ...PROBES])].filter((char) => one.test(char))
    return { samples: samples.slice(0, 24), group: [], min: 1, max: 1 }
  }

  private taken(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at
    const found = expression.exec(this.source)
    if (found) this.at = expression.lastIndex
    return found
  }
}
