/** Deeper than any payload of any source, and shallow enough for recursion over the parsed value. */
export const MAX_DEPTH = 64

/** A webhook of real alarms has about 30,000 at the full size. */
export const MAX_VALUES = 100_000

/** An object or an array that is not closed yet. */
interface Open {
  /** Keys read so far; undefined in an array. */
  keys: Set<string> | undefined
  /** Key or index of the current value; undefined if a key comes next. */
  at: string | number | undefined
}

/**
 * Finds what valid JSON must not have here: a key twice in one object (parsers disagree on it), `__proto__` (merging it changes
 * every object), and more depth or values than any source sends. `constructor` and `prototype` are allowed: an alarm may have
 * labels of these names. It reads only the structure, in one pass.
 * @param json must be accepted by `JSON.parse`
 * @returns the first fault with its path; bounded
 */
export function shapeFault(json: string): string | undefined {
  const open: Open[] = []
  let values = 0
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    const inside = open.at(-1)
    if (char === undefined || ' \t\n\r:'.includes(char)) continue
    if (char === ',') {
      if (inside) inside.at = typeof inside.at === 'number' ? inside.at + 1 : undefined
    } else if (char === '}' || char === ']') {
      open.pop()
    } else if (inside?.keys && inside.at === undefined) {
      const end = endOfString(json, at)
      const key = keyOf(json.slice(at, end + 1))
      if (key === '__proto__') return `${where(open)} has the key "__proto__"`
      if (inside.keys.has(key)) return `${where(open)} has the key ${quoted(key)} twice`
      inside.keys.add(key)
      inside.at = key
      at = end
    } else {
      values++
      if (values > MAX_VALUES) return `it has more than ${MAX_VALUES} values`
      if (char === '{') open.push({ keys: new Set(), at: undefined })
      else if (char === '[') open.push({ keys: undefined, at: 0 })
      else at = char === '"' ? endOfString(json, at) : endOfWord(json, at)
      if (open.length > MAX_DEPTH) return `${where(open)} is nested deeper than ${MAX_DEPTH}`
    }
  }
  return undefined
}

/** The index of the closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}

/** The index of the last character of a number, `true`, `false` or `null`. */
function endOfWord(json: string, start: number): number {
  let at = start
  while (at + 1 < json.length && !' \t\n\r,]}'.includes(json[at + 1] ?? ' ')) at++
  return at
}

/** `"a"` and `"\u0061"` are the same key. */
function keyOf(token: string): string {
  return token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1)
}

/** Bounds of a path in a message: an attacker may have written the keys. */
const MAX_KEY = 40
const MAX_PATH = 200

function where(open: Open[]): string {
  const path = open.flatMap(({ at }) => (at === undefined ? [] : [String(at).slice(0, MAX_KEY)]))
  return path.join('.').slice(0, MAX_PATH).toWellFormed() || 'the body'
}

function quoted(key: string): string {
  return JSON.stringify(key.slice(0, MAX_KEY).toWellFormed())
}
