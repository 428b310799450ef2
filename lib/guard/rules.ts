import { LineCounter, parseDocument } from 'yaml'
import * as z from 'zod'
import { CATALOGUE } from '../cloud/catalogue.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import { issuesOf } from '../runs/request-error.ts'
import { Collision } from '../runs/run.ts'

/** A pattern in which `*` stands for any text. */
const Pattern = z.string().min(1)

/** A value of the target: literal, or read from the alarm. */
const FromAlarm = z.union([
  z.strictObject({ dimension: z.string().min(1) }),
  z.strictObject({ tag: z.string().min(1) }),
])
export type FromAlarm = z.infer<typeof FromAlarm>

/** What stands in the file, at any depth, with what is read from the alarm. */
export type RuleValue = string | number | boolean | FromAlarm | RuleValue[] | { [key: string]: RuleValue }

const RuleValue: z.ZodType<RuleValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), FromAlarm, z.array(RuleValue), z.record(z.string(), RuleValue)]),
)

export function isFromAlarm(value: unknown): value is FromAlarm {
  return FromAlarm.safeParse(value).success
}

export const Rule = z.strictObject({
  /** Names the rule in logs and in the runs that it starts. */
  name: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be lower-case letters, digits and hyphens'),
  /** All that is given must fit. */
  when: z.strictObject({
    source: z.enum(['cloudwatch']).optional(),
    /** The alarm's name. */
    alarm: Pattern,
    account: Pattern.optional(),
    region: Pattern.optional(),
    dimensions: z.record(z.string(), Pattern).optional(),
    tags: z.record(z.string(), Pattern).optional(),
  }),
  run: z.string(),
  target: z.record(z.string(), RuleValue),
  /** How it is to be done; nothing of it comes from the alarm. */
  params: z.record(z.string(), z.unknown()).optional(),
  /** What becomes of it where another wish has the target; `skip` unless given. */
  collision: Collision.optional(),
  /** Must be said for an operation that deletes data by design. */
  allowDataLoss: z.boolean().optional(),
})
export type Rule = z.infer<typeof Rule>

const RulesFile = z.strictObject({ rules: z.array(Rule) })

/** The rule file cannot be used. Says where, line by line; the process must not start with it. */
class RulesError extends Error {
  override readonly name = 'RulesError'
}

type Path = (string | number)[]

interface Complaint {
  path: Path
  message: string
}

/**
 * Reads the rules in force. @param file its name, for messages only
 * @throws {RulesError} with `file:line:` for each thing that is wrong
 */
export function parseRules(text: string, file: string): Rule[] {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, version: '1.2' })
  const fail = (complaints: { offset: number; message: string }[]): never => {
    const lines = complaints.map(({ offset, message }) => `${file}:${lineCounter.linePos(offset).line}: ${message}`)
    throw new RulesError(lines.join('\n'))
  }
  if (document.errors.length > 0) {
    // Only the first line: the library's picture of the place follows it.
    fail(
      document.errors.map((error) => ({ offset: error.pos[0], message: error.message.split('\n')[0] ?? error.code })),
    )
  }
  const parsed = RulesFile.safeParse(document.toJS())
  const complaints = parsed.success
    ? parsed.data.rules.flatMap((rule, index) => complaintsOf(rule, index, parsed.data.rules))
    : parsed.error.issues.map((issue) => ({ path: issue.path as Path, message: described(issue) })) // YAML keys are texts
  if (complaints.length > 0)
    fail(complaints.map(({ path, message }) => ({ offset: offsetOf(document, path), message })))
  return parsed.data?.rules ?? []
}

function described(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.') || 'file'}: ${issue.message}`
}

/** What the schema of the file cannot know. */
function complaintsOf(rule: Rule, index: number, rules: Rule[]): Complaint[] {
  const at = (...path: Path): Path => ['rules', index, ...path]
  const complaints: Complaint[] = []
  if (rules.findIndex((other) => other.name === rule.name) < index) {
    complaints.push({ path: at('name'), message: `rule ${rule.name}: there is another rule of this name` })
  }
  const operation = CATALOGUE.get(rule.run)
  if (!operation) {
    const message = `rule ${rule.name}: run: ${rule.run} is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
    return [...complaints, { path: at('run'), message }]
  }
  if (operation.destroysData && !rule.allowDataLoss) {
    const message = `rule ${rule.name}: ${rule.run} deletes data; say allowDataLoss: true if alarms may do that`
    complaints.push({ path: at('run'), message })
  }
  return [...complaints, ...targetComplaints(rule, operation, at), ...paramComplaints(rule, operation, at)]
}

/** What stands in the file is checked now; what is read from the alarm, when the alarm comes. */
function targetComplaints(rule: Rule, operation: LifecycleOperation, at: (...path: Path) => Path): Complaint[] {
  const { error } = operation.target.safeParse(withoutAlarm(rule.target))
  const issues = (error?.issues ?? []).filter(({ path }) => !leadsToAlarm(rule.target, path))
  return complaintsAbout(issues, 'target', rule, at)
}

function paramComplaints(rule: Rule, operation: LifecycleOperation, at: (...path: Path) => Path): Complaint[] {
  const { error } = operation.params.safeParse(rule.params ?? {})
  return complaintsAbout(error?.issues ?? [], 'params', rule, at)
}

function complaintsAbout(
  issues: z.core.$ZodIssue[],
  part: string,
  rule: Rule,
  at: (...path: Path) => Path,
): Complaint[] {
  return issuesOf({ issues }, [part]).map(({ field, message }) => ({
    path: at(...field.split('.')),
    message: `rule ${rule.name}: ${field}: ${message}`,
  }))
}

function withoutAlarm(value: RuleValue): unknown {
  if (typeof value !== 'object') return value
  if (isFromAlarm(value)) return ''
  if (Array.isArray(value)) return value.map(withoutAlarm)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutAlarm(one)]))
}

function leadsToAlarm(value: unknown, path: PropertyKey[]): boolean {
  if (isFromAlarm(value)) return true
  const [key, ...rest] = path
  const isInside = typeof value === 'object' && value !== null && key !== undefined
  return isInside && leadsToAlarm((value as Record<PropertyKey, unknown>)[key], rest) // an object, seen above
}

/** Where the path stands in the text: the nearest part of it that exists. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true)
    if (isPlaced(node)) return node.range[0]
  }
  return 0
}

function isPlaced(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
