/**
 * The expressions of DynamoDB, as far as a store uses them: AND, OR, NOT, parentheses, comparisons, BETWEEN, IN, and the
 * functions on paths. Each text is read once. What is not understood is refused, never taken for true.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export type Item = Readonly<Record<string, unknown>>

/** Names and values that an expression refers to: `#name`, `:value`. */
export interface Bound {
  names: Readonly<Record<string, string>>
  values: Readonly<Record<string, unknown>>
}

type Read = (item: Item | undefined, bound: Bound) => unknown
export type Condition = (item: Item | undefined, bound: Bound) => boolean

export interface Expression {
  holds: Condition
  /** The `#names` and `:values` that it uses: DynamoDB refuses a request with others. */
  uses: readonly string[]
}

const known = new Map<string, Expression>()

export function expression(text: string): Expression {
  const read = known.get(text) ?? parse(text)
  known.set(text, read)
  return read
}

const TOKEN = /\s*(<=|>=|<>|[()=<>,]|[#:]?[A-Za-z_][\w.#]*)/y

function parse(text: string): Expression {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text)
    if (!found?.[1]) throw new Error(`ValidationException: cannot read ${text}`)
    tokens.push(found[1])
  }
  const parser = parserOf(tokens, text)
  const holds = parser.either()
  if (parser.left() > 0) throw new Error(`ValidationException: something is left over in ${text}`)
  return { holds, uses: tokens.filter((token) => /^[#:]/.test(token)) }
}

function parserOf(tokens: string[], text: string) {
  let at = 0
  const next = (): string => {
    const token = tokens[at++]
    if (token === undefined) throw new Error(`ValidationException: ${text} ends too early`)
    return token
  }
  const isNext = (...wanted: string[]): boolean => {
    const is = wanted.includes((tokens[at] ?? '').toUpperCase())
    if (is) at++
    return is
  }
  const expect = (wanted: string): void => {
    const token = next()
    if (token !== wanted) throw new Error(`ValidationException: ${wanted} expected, ${token} found in ${text}`)
  }
  const either = (): Condition => {
    const parts = [both()]
    while (isNext('OR')) parts.push(both())
    return parts.length === 1 ? (parts[0] ?? never) : (item, bound) => parts.some((part) => part(item, bound))
  }
  const both = (): Condition => {
    const parts = [not()]
    while (isNext('AND')) parts.push(not())
    return parts.length === 1 ? (parts[0] ?? never) : (item, bound) => parts.every((part) => part(item, bound))
  }
  const not = (): Condition => {
    if (!isNext('NOT')) return single()
    const part = not()
    return (item, bound) => !part(item, bound)
  }
  const single = (): Condition => {
    if (isNext('(')) {
      const inner = either()
      expect(')')
      return inner
    }
    const first = next()
    return first in FUNCTIONS ? called(first) : compared(operand(first))
  }
  const called = (name: string): Condition => {
    const test = FUNCTIONS[name] ?? never
    expect('(')
    const read = [operand(next())]
    while (isNext(',')) read.push(operand(next()))
    expect(')')
    return (item, bound) => test(...read.map((one) => one(item, bound)))
  }
  const compared = (left: Read): Condition => {
    const sign = next()
    if (sign === 'BETWEEN') return between(left)
    if (sign === 'IN') return oneOf(left)
    const compare = COMPARISONS[sign]
    if (!compare) throw new Error(`ValidationException: ${sign} is not known in ${text}`)
    const right = operand(next())
    return (item, bound) => compare(left(item, bound), right(item, bound))
  }
  const between = (value: Read): Condition => {
    const least = operand(next())
    expect('AND')
    const most = operand(next())
    const isIn = (one: unknown, low: unknown, high: unknown): boolean => notOver(low, one) && notOver(one, high)
    return (item, bound) => isIn(value(item, bound), least(item, bound), most(item, bound))
  }
  const oneOf = (value: Read): Condition => {
    expect('(')
    const some = [operand(next())]
    while (isNext(',')) some.push(operand(next()))
    expect(')')
    return (item, bound) =>
      some.some((one) => value(item, bound) !== undefined && one(item, bound) === value(item, bound))
  }
  return { either, left: () => tokens.length - at }
}

const never = (): boolean => false

/** What is compared with something that is not there, or of another type, does not hold; only `<>` does. */
const comparable = (a: unknown, b: unknown): a is string | number =>
  typeof a === typeof b && (typeof a === 'string' || typeof a === 'number')

const notOver = (a: unknown, b: unknown): boolean => comparable(a, b) && a <= (b as typeof a)

const COMPARISONS: Record<string, (a: unknown, b: unknown) => boolean> = {
  '=': (a, b) => a !== undefined && a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => comparable(a, b) && a < (b as typeof a),
  '<=': notOver,
  '>': (a, b) => comparable(a, b) && a > (b as typeof a),
  '>=': (a, b) => comparable(a, b) && a >= (b as typeof a),
}

const FUNCTIONS: Record<string, (...values: unknown[]) => boolean> = {
  attribute_exists: (value) => value !== undefined,
  attribute_not_exists: (value) => value === undefined,
  begins_with: (value, start) => typeof value === 'string' && typeof start === 'string' && value.startsWith(start),
  contains: (value, one) =>
    Array.isArray(value) ? value.includes(one) : typeof value === 'string' && value.includes(String(one)),
}

function operand(token: string): Read {
  if (token.startsWith(':')) {
    return (_, { values }) => {
      if (!(token in values)) throw new Error(`ValidationException: ${token} has no value`)
      return values[token]
    }
  }
  const path = token.split('.')
  return (item, { names }) =>
    path.reduce<unknown>((at, key) => {
      const name = key.startsWith('#') ? names[key] : key
      if (name === undefined) throw new Error(`ValidationException: ${key} has no name`)
      return (at as Item | undefined)?.[name]
    }, item)
}
