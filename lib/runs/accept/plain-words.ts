/** What the schema library says of a value, in words for whoever sent it. Messages of our own stay as they are. */
export function plainWords(message: string): string {
  for (const [pattern, say] of SAYINGS) {
    const found = pattern.exec(message)
    if (found) return say(...found.slice(1))
  }
  return message
}

/** In the library's English: https://github.com/colinhacks/zod/blob/main/packages/zod/src/v4/locales/en.ts */
const SAYINGS: [RegExp, (...parts: string[]) => string][] = [
  [/received undefined$/, () => 'is missing'],
  [/^Invalid input: expected int, received number$/, () => 'must be a whole number'],
  [
    /^Invalid input: expected ([^,]+), received (.+)$/,
    (wanted = '', given = '') => `must be ${a(wanted)}, not ${a(given)}`,
  ],
  [/^Invalid input: expected (.+)$/, (wanted) => `must be ${wanted}`],
  [
    /^Invalid option: expected one of (.+)$/,
    (list = '') => `must be one of ${list.replaceAll('"', '').replaceAll('|', ', ')}`,
  ],
  [
    /^Too small: expected \w+ to (have|be) (>=?)(\S+)(?: (.*))?$/,
    (verb, sign, n, unit) => bound(verb, 'at least', 'more than', sign, n, unit),
  ],
  [
    /^Too big: expected \w+ to (have|be) (<=?)(\S+)(?: (.*))?$/,
    (verb, sign, n, unit) => bound(verb, 'at most', 'less than', sign, n, unit),
  ],
  [/^Invalid input$/, () => 'has none of the forms that it may have'],
  [/^Invalid (.+)$/, (what = '') => `is not a valid ${what}`],
]

/** A number has no unit. */
function bound(verb = '', equal = '', strict = '', sign = '', number = '', unit = ''): string {
  return `must ${verb} ${sign.endsWith('=') ? equal : strict} ${number} ${unit}`.trim()
}

const NOUNS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  record: 'an object',
  object: 'an object',
  array: 'an array',
  null: 'null',
  NaN: 'a text that is no number',
}

function a(type: string): string {
  return NOUNS[type] ?? (/^\w+$/.test(type) ? `a ${type}` : type)
}
