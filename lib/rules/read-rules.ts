import '../basics/issue-text.ts'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod'
import { groupErrors } from './group-errors.ts'
import { policyErrorsOf } from './policy-errors.ts'
import type { Path, RuleError } from './rule-error.ts'
import { ruleErrorsOf } from './rule-errors.ts'
import { Rules } from './rules.ts'

/** The rule file cannot be used: a line for each fault. The process must not start with it. */
class RulesError extends Error {
  override readonly name = 'RulesError'
}

/** What is wrong in a file, or doubtful, and where. */
export interface Fault {
  /** From 1. */
  line: number
  message: string
}

/** The rules of a file, or all its faults. `lineOf` finds the line of a path, or of its nearest part that exists. */
type ReadRules = { rules: Rules; lineOf: (path: Path) => number } | { faults: Fault[] }

/**
 * Reads the rules in force.
 * @param file the name of the file, for messages only
 * @throws {RulesError} with `file:line:` and a message for each fault
 */
export function parseRules(text: string, file: string): Rules {
  const read = readRules(text, file)
  if ('rules' in read) return read.rules
  throw new RulesError(read.faults.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'))
}

/** Reads a rule file. @param file its name, for refusals of the policy */
export function readRules(text: string, file: string): ReadRules {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, version: '1.2' })
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line
  /** The rules, with the place of each entry of the policy: a refusal names it. */
  const withPlaces = ({ policy, ...rules }: Rules): Rules => {
    const placed = policy?.map((entry, index) => {
      return { ...entry, at: `${file}:${lineAt(offsetOf(document, ['policy', index]))}` }
    })
    return placed ? { ...rules, policy: placed } : rules
  }
  if (document.errors.length > 0) {
    // The first line only: a picture of the text follows it.
    const faults = document.errors.map(({ pos: [offset], message, code }) => ({
      line: lineAt(offset),
      message: message.split('\n')[0] ?? code,
    }))
    return { faults }
  }
  const value = contentOf(document)
  if (value instanceof Error) return { faults: [{ line: 1, message: value.message }] }
  if (value === null)
    return { faults: [{ line: 1, message: 'the file is empty: it needs rules, tickets, requests or callers' }] }
  const lineOf = (path: Path): number => lineAt(offsetOf(document, path))
  const parsed = Rules.safeParse(value)
  const errors = parsed.success ? allErrorsOf(parsed.data) : errorsBeside(value, parsed.error.issues)
  if (parsed.success && errors.length === 0) return { rules: withPlaces(parsed.data), lineOf }
  const faults = errors.map(({ path, message }) => ({ line: lineOf(path), message }))
  return { faults: faults.toSorted((a, b) => a.line - b.line) }
}

/** The errors of rules that have the right form. */
function allErrorsOf(rules: Rules): RuleError[] {
  return [...groupErrors(rules.groups), ...ruleErrorsOf(rules), ...policyErrorsOf(rules)]
}

/** The errors of form, and those of the rules that have the right form: a file shows all its errors at once. */
function errorsBeside(value: unknown, issues: z.core.$ZodIssue[]): RuleError[] {
  const errors = issues.flatMap(schemaErrorsOf)
  const isOfRule = ({ path: [section, index] }: RuleError): boolean =>
    typeof section === 'string' && typeof index === 'number'
  // Rules refer to the rest of the file: where that is wrong, nothing is known of them.
  if (!errors.every(isOfRule)) return errors
  const wrong = new Set(errors.map(({ path: [section, index] }) => `${section}.${index}`))
  /** The place of each sound rule in the file, by section. */
  const places = new Map<string, number[]>()
  const sound = Object.entries(value as object).map(([section, all]) => {
    if (!Array.isArray(all)) return [section, all]
    const kept = [...all.keys()].filter((index) => !wrong.has(`${section}.${index}`))
    places.set(section, kept)
    return [section, kept.map((index) => all[index])]
  })
  const parsed = Rules.safeParse(Object.fromEntries(sound))
  const others = parsed.success ? allErrorsOf(parsed.data) : []
  const inFile = others.map(({ path: [section = '', index, ...rest], message }) => {
    const place = places.get(String(section))?.[Number(index)]
    return { path: [section, place ?? 0, ...rest], message }
  })
  return [...errors, ...inFile]
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
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => errorAt(path, message))
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
