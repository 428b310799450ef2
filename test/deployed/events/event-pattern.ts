import * as z from 'zod'

type Test = (value: unknown) => boolean

const Plain = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Part = z.object({ prefix: z.string().optional(), suffix: z.string().optional() }).strict()

/**
 * Compiles an EventBridge pattern: lists of exact values, nested objects, and the operators `prefix`, `suffix`,
 * `anything-but`, `exists` and `equals-ignore-case`. Throws, naming `where`, on any other.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compilePattern(pattern: Record<string, unknown>, where: string): Test {
  const tests = Object.entries(pattern).map(([key, condition]) => {
    const test = compileField(key, condition, where)
    return (event: unknown) => test(fieldOf(event, key))
  })
  return (event) => tests.every((test) => test(event))
}

function compileField(key: string, condition: unknown, where: string): Test {
  if (Array.isArray(condition)) {
    const tests = condition.map((item) => compileItem(item, where))
    return (value) => tests.some((test) => test(value))
  }
  const nested = z.record(z.string(), z.unknown()).safeParse(condition)
  if (key.startsWith('$') || !nested.success) throw unsupported(where, key)
  return compilePattern(nested.data, where)
}

function compileItem(item: unknown, where: string): Test {
  const plain = Plain.safeParse(item)
  if (plain.success) return anyOf((value) => value === plain.data)
  const entries = Object.entries(z.record(z.string(), z.unknown()).parse(item))
  const [operator, argument] = entries[0] ?? ['']
  const compile = entries.length === 1 ? OPERATORS[operator] : undefined
  const test = compile?.(argument)
  if (!test) throw unsupported(where, JSON.stringify(item))
  return test
}

/** Each gives `undefined` for an argument that it does not know. */
const OPERATORS: Record<string, (argument: unknown) => Test | undefined> = {
  prefix: (argument) => textual(argument, (text) => (value) => value.startsWith(text)),
  suffix: (argument) => textual(argument, (text) => (value) => value.endsWith(text)),
  'equals-ignore-case': (argument) =>
    textual(argument, (text) => (value) => value.toLowerCase() === text.toLowerCase()),
  exists: (argument) => (typeof argument === 'boolean' ? (value) => (value !== undefined) === argument : undefined),
  'anything-but': (argument) => {
    const part = Part.safeParse(argument)
    const list = z.array(Plain).safeParse(Array.isArray(argument) ? argument : [argument])
    if (list.success) return anyOf((value) => value !== undefined && !list.data.some((item) => item === value))
    if (!part.success) return undefined
    const { prefix, suffix } = part.data
    return anyOf(
      (value) =>
        typeof value === 'string' &&
        !(prefix !== undefined && value.startsWith(prefix)) &&
        !(suffix !== undefined && value.endsWith(suffix)),
    )
  },
}

function textual(argument: unknown, compile: (text: string) => (value: string) => boolean): Test | undefined {
  if (typeof argument !== 'string') return undefined
  const test = compile(argument)
  return anyOf((value) => typeof value === 'string' && test(value))
}

/** An array in the event matches where any of its items does. */
function anyOf(test: Test): Test {
  return (value) => (Array.isArray(value) ? value.some(test) : test(value))
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

function unsupported(where: string, what: string): Error {
  return new Error(`${where}: the event pattern ${what} is not supported`)
}
