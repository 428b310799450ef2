import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod'
import { CATALOGUE } from '../cloud/catalogue.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import { SOURCES } from '../intake/sources.ts'
import { plainWords } from '../runs/plain-words.ts'
import { issuesOf } from '../runs/request-error.ts'
import { wrongListed } from './listed.ts'
import { like, likeAny } from './pattern.ts'
import { AlarmPlace, filled, isPlace, isSpoiltPlace, type Lists, type RuleValue, TicketPlace } from './places.ts'
import { type AlarmRule, type RequestRule, Rules, type TicketRule } from './rules.ts'

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
export function parseRules(text: string, file: string): Rules {
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
  const value = contentOf(document)
  if (value instanceof Error) return fail([{ offset: 0, message: value.message }])
  if (value === null) return fail([{ offset: 0, message: 'the file is empty: it needs rules, tickets or requests' }])
  const parsed = Rules.safeParse(value)
  const complaints = parsed.success ? complaintsOf(parsed.data) : parsed.error.issues.flatMap(complaintsAbout)
  if (complaints.length > 0)
    fail(complaints.map(({ path, message }) => ({ offset: offsetOf(document, path), message })))
  return Rules.parse(parsed.data)
}

/** An alias of nothing, or of too much, is found only here. */
function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch (error) {
    return error
  }
}

function complaintsAbout(issue: z.core.$ZodIssue): Complaint[] {
  const path = issue.path as Path // YAML keys are texts
  const about = (at: Path, message: string): Complaint => ({
    path: at,
    message: `${at.join('.') || 'file'}: ${message}`,
  })
  if (issue.code !== 'unrecognized_keys') return [about(path, plainWords(issue.message))]
  return issue.keys.map((key) => about([...path, key], 'is not a known key'))
}

/** What the schema of the file cannot know. */
function complaintsOf({ lists, rules, tickets, requests }: Rules): Complaint[] {
  const named = { rules, tickets, requests }
  const names = Object.values(named).flatMap((section) => section.map(({ name }) => name))
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index))
  return Object.entries(named).flatMap(([section, all]) =>
    all.flatMap((rule, index) => {
      const place = section === 'rules' ? AlarmPlace : TicketPlace
      const about = aboutRule(rule.name, [section, index])
      const doubled = twice.has(rule.name) ? [about(['name'], 'there is another rule of this name')] : []
      const own = 'resources' in rule ? requestComplaints(rule, about) : runComplaints(rule, place, lists, about)
      const ticket = isTicketRule(rule) ? [...approvalComplaints(rule, about), ...eventComplaints(rule, about)] : []
      return [...doubled, ...own, ...ticket, ...sourceComplaints(rule, section, about)]
    }),
  )
}

function isTicketRule(rule: AlarmRule | TicketRule | RequestRule): rule is TicketRule {
  return 'event' in rule.when
}

type About = (path: Path, message: string) => Complaint

function aboutRule(name: string, at: Path): About {
  return (path, message) => ({ path: [...at, ...path], message: `rule ${name}: ${message}` })
}

/** Alarms of CloudWatch come by EventBridge, not as a webhook. */
const CLOUDWATCH = 'cloudwatch'

/** Who asks in our own words, and how such an event is called. */
const OWN_WORDS = { source: 'generic', event: 'run.requested' }

function sourceComplaints({ when }: AlarmRule | TicketRule | RequestRule, section: string, about: About): Complaint[] {
  const kind = section === 'rules' ? 'alarm' : 'ticket'
  const known = [...SOURCES.values()].filter((source) => source.kind === kind).map(({ name }) => name)
  const all = section === 'requests' ? [OWN_WORDS.source] : kind === 'alarm' ? [CLOUDWATCH, ...known] : known
  return [when.source ?? []].flat().flatMap((pattern) => {
    const fits = all.some((name) => like(pattern, name))
    return fits ? [] : [about(['when', 'source'], `when.source: ${pattern} is not known; one of ${all.join(', ')}`)]
  })
}

/** It would never fit. */
function eventComplaints({ when }: TicketRule, about: About): Complaint[] {
  if (![when.event].flat().includes(OWN_WORDS.event)) return []
  const message = `when.event: ${OWN_WORDS.event} is a wish in our own words: a rule of \`requests\` takes it`
  return [about(['when', 'event'], message)]
}

/** An approval can only be read back where the source can be asked. */
function approvalComplaints({ when, approval }: TicketRule, about: About): Complaint[] {
  if (approval === undefined) return []
  const able = [...SOURCES.values()].filter(({ objection }) => objection).map(({ name }) => name)
  const meant = [...SOURCES.values()].filter(({ name, kind }) => kind === 'ticket' && likeAny(when.source, name))
  if (meant.every(({ objection }) => objection)) return []
  return [about(['approval'], `approval: can be required of ${able.join(', ')} only`)]
}

/** Patterns may name what deletes data and what does not: what is allowed is decided when a request comes. */
function requestComplaints({ run }: RequestRule, about: About): Complaint[] {
  return [run].flat().flatMap((pattern) => {
    const fits = [...CATALOGUE.keys()].some((name) => like(pattern, name))
    return fits ? [] : [about(['run'], unknownOperation(pattern))]
  })
}

function unknownOperation(name: string): string {
  return `run: ${name} is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
}

function runComplaints(rule: AlarmRule | TicketRule, place: z.ZodType, lists: Lists, about: About): Complaint[] {
  const operation = CATALOGUE.get(rule.run)
  if (!operation) return [about(['run'], unknownOperation(rule.run))]
  const complaints = [
    ...placeComplaints(rule.target, place, lists, ['target'], about),
    ...targetComplaints(rule, operation, about),
    ...wrongListed(rule.target, operation, lists).map(({ path, message }) => about(path, message)),
    ...partComplaints(operation.params.safeParse(rule.params ?? {}).error?.issues ?? [], 'params', about),
  ]
  if (operation.destroysData && !rule.allowDataLoss) {
    const message = `${rule.run} deletes data; say allowDataLoss: true if it may do that`
    complaints.unshift(about(['run'], message))
  }
  return complaints
}

/** Places that are spoilt, or name a list that is not there. */
function placeComplaints(value: RuleValue, place: z.ZodType, lists: Lists, path: Path, about: About): Complaint[] {
  if (typeof value !== 'object') return []
  if (isSpoiltPlace(value, place)) {
    const needs =
      place === TicketPlace
        ? '{ field: <path>, in: <list> }'
        : '{ dimension: <name> }, { tag: <name> } or { alarm: region }'
    return [about(path, `${path.join('.')}: is not a value; what is read from outside is ${needs}`)]
  }
  if (isPlace(value)) {
    const isMissing = typeof value.in === 'string' && !Object.hasOwn(lists, value.in)
    return isMissing ? [about(path, `${path.join('.')}: there is no list ${value.in}`)] : []
  }
  return Object.entries(value).flatMap(([key, one]) => placeComplaints(one, place, lists, [...path, key], about))
}

/** What stands in the file is checked now; what is read from outside, when it comes. */
function targetComplaints(
  { target }: AlarmRule | TicketRule,
  operation: LifecycleOperation,
  about: About,
): Complaint[] {
  const { error } = operation.target.safeParse(filled(target, (path) => path.join('.')))
  const issues = (error?.issues ?? []).filter(({ path }) => !leadsToPlace(target, path))
  return partComplaints(issues, 'target', about)
}

function partComplaints(issues: z.core.$ZodIssue[], part: string, about: About): Complaint[] {
  return issuesOf({ issues }, [part]).map(({ field, message }) => about(field.split('.'), `${field}: ${message}`))
}

function leadsToPlace(value: unknown, path: PropertyKey[]): boolean {
  if (isPlace(value)) return true
  const [key, ...rest] = path
  const isInside = typeof value === 'object' && value !== null && key !== undefined
  return isInside && leadsToPlace((value as Record<PropertyKey, unknown>)[key], rest) // an object, seen above
}

/** Where the path stands in the text: the nearest part of it that exists. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const [last = '', ...before] = path.slice(0, depth).reverse()
    const around = document.getIn(before.reverse(), true)
    const node = keyIn(around, last) ?? document.getIn(path.slice(0, depth), true)
    if (isPlaced(node)) return node.range[0]
  }
  return 0
}

/** What is wrong may begin some lines below its key. */
function keyIn(around: unknown, key: string | number): Node | undefined {
  const keys = isMap(around) ? around.items.map((pair) => pair.key).filter(isScalar) : []
  return keys.find(({ value }) => value === key)
}

function isPlaced(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
