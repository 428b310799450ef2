import '../basics/issue-text.ts'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod'
import { groupErrors } from './group-errors.ts'
import { type Path, type RuleError, ruleErrorsOf } from './rule-errors.ts'
import { Rules } from './rules.ts'

/** The rule file cannot be used: a line for each fault. The process must not start with it. */
class RulesError extends Error {
  override readonly name = 'RulesError'
}

/**
 * Reads the rules in force.
 * @param file the name of the file, for messages only
 * @throws {RulesError} with `file:line:` and a message for each fault
 */
export function parseRules(text: string, file: string): Rules {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, version: '1.2' })
  const fail = (faults: { offset: number; message: string }[]): never => {
    const lines = faults.map(({ offset, message }) => `${file}:${lineCounter.linePos(offset).line}: ${message}`)
    throw new RulesError(lines.join('\n'))
  }
  if (document.errors.length > 0) {
    // The first line only: a picture of the text follows it.
    fail(
      document.errors.map((error) => ({ offset: error.pos[0], message: error.message.split('\n')[0] ?? error.code })),
    )
  }
  const value = contentOf(document)
  if (value instanceof Error) return fail([{ offset: 0, message: value.message }])
  if (value === null)
    return fail([{ offset: 0, message: 'the file is empty: it needs rules, tickets, requests or callers' }])
  const parsed = Rules.safeParse(value)
  const errors = parsed.success
    ? [...groupErrors(parsed.data.groups), ...ruleErrorsOf(parsed.data)]
    : parsed.error.issues.flatMap(schemaErrorsOf)
  if (parsed.success && errors.length === 0) return parsed.data
  return fail(errors.map(({ path, message }) => ({ offset: offsetOf(document, path), message })))
}

/** Only the conversion finds an alias of nothing, or of too much. */
function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch (error) {
    return error
  }
}

function schemaErrorsOf(issue: z.core.$ZodIssue): RuleError[] {
  const path = issue.path as Path // YAML keys are texts
  const errorAt = (at: Path, message: string): RuleError => ({
    path: at,
    message: `${at.join('.') || 'file'}: ${message}`,
  })
  if (issue.code !== 'unrecognized_keys') return [errorAt(path, issue.message)]
  return issue.keys.map((key) => errorAt([...path, key], 'is not a known key'))
}

/** The offset of a path in the text, or of its nearest part that exists. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const [last = '', ...before] = path.slice(0, depth).reverse()
    const around = document.getIn(before.reverse(), true)
    const node = keyIn(around, last) ?? document.getIn(path.slice(0, depth), true)
    if (hasRange(node)) return node.range[0]
  }
  return 0
}

/** The key of a wrong value: the value itself may begin some lines below. */
function keyIn(around: unknown, key: string | number): Node | undefined {
  const keys = isMap(around) ? around.items.map((pair) => pair.key).filter(isScalar) : []
  return keys.find(({ value }) => value === key)
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
