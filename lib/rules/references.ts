import * as z from 'zod'
import type { Alarm } from '../sources/alarm.ts'
import { fieldOf, own } from '../sources/field-of.ts'
import type { Ticket } from '../sources/ticket.ts'

/** The values of a target are in the rule itself, or in the event that a reference points into. */

/** The values that a reference may yield: a list of them, or names that stand for them. */
const Allowed = z.union(
  [z.array(z.string()).min(1), z.record(z.string(), z.string()).refine((names) => Object.keys(names).length > 0)],
  'must be a list of texts, or a text for each name, and not empty; numbers, true and false take quotes',
)
type Allowed = z.infer<typeof Allowed>

/** The lists of the file, by name. */
export const Lists = z.record(z.string(), Allowed)
export type Lists = z.infer<typeof Lists>

/** A list, or the name of one. */
const In = z.union([z.string().min(1), Allowed])

const Name = z.string().min(1)

/** Points into an alarm. Its dimensions and tags are configuration, so a list is optional. */
export const AlarmReference = z.union([
  z.strictObject({ dimension: Name, in: In.optional() }),
  z.strictObject({ tag: Name, in: In.optional() }),
  z.strictObject({ alarm: z.enum(['account', 'region', 'resource']), in: In.optional() }),
])
export type AlarmReference = z.infer<typeof AlarmReference>

/** Points into a ticket. People write its fields, so only values on the list are taken. */
export const TicketReference = z.strictObject({ field: Name, in: In })
export type TicketReference = z.infer<typeof TicketReference>

export type Reference = AlarmReference | TicketReference

/** A value of the rule file, at any depth, that may hold references. */
export type RuleValue = string | number | boolean | Reference | RuleValue[] | { [key: string]: RuleValue }

/** Only references have these keys. An object with one of them that is no reference is malformed. */
const REFERENCE_KEYS = ['dimension', 'tag', 'alarm', 'field']

/** The schema of a value that may hold references of one form. */
export function ruleValue(reference: z.ZodType<Reference>): z.ZodType<RuleValue> {
  const value: z.ZodType<RuleValue> = z.lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), reference, z.array(value), z.record(z.string(), value)]),
  )
  return value
}

export function isReference(value: unknown): value is Reference {
  return AlarmReference.safeParse(value).success || TicketReference.safeParse(value).success
}

/** Whether a value has the key of a reference, but not the form. */
export function isMalformedReference(value: unknown, reference: z.ZodType): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return REFERENCE_KEYS.some((key) => Object.hasOwn(value, key)) && !reference.safeParse(value).success
}

/** The target of a rule with the event's values at its references, and a line for each that is missing or not allowed. */
export function resolveTarget(
  target: RuleValue,
  { lookUp, lists }: { lookUp: (reference: Reference) => unknown; lists: Lists },
): { target: unknown; problems: string[] } {
  const problems: string[] = []
  const resolve = (value: RuleValue, path: string): unknown => {
    if (typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map((one, index) => resolve(one, `${path}.${index}`))
    if (!isReference(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one, `${path}.${key}`)]))
    }
    const found = lookUp(value)
    const text = typeof found === 'number' || typeof found === 'boolean' ? String(found) : found
    if (typeof text !== 'string' || text === '') {
      problems.push(`there is no ${nameOf(value)} for ${path}`)
      return undefined
    }
    const allowed = value.in === undefined ? text : allowedOf(text, listOf(value.in, lists))
    if (allowed === undefined)
      problems.push(`${nameOf(value)} is ${quoted(text)}, which is not on the list for ${path}`)
    return allowed
  }
  return { target: resolve(target, 'target'), problems }
}

/** The value with other texts in place of its references. */
export function filled(
  value: RuleValue,
  textFor: (path: string[], reference: Reference) => string,
  path: string[] = [],
): unknown {
  if (typeof value !== 'object') return value
  if (isReference(value)) return textFor(path, value)
  if (Array.isArray(value)) return value.map((one, index) => filled(one, textFor, [...path, String(index)]))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, textFor, [...path, key])]))
}

/** All values that a reference may yield; none where it has no list. */
export function listedValues({ in: list }: Reference, lists: Lists): string[] {
  return list === undefined ? [] : Object.values(listOf(list, lists) ?? {})
}

function listOf(list: string | Allowed, lists: Lists): Allowed | undefined {
  return typeof list === 'string' ? lists[list] : list
}

function allowedOf(text: string, list: Allowed | undefined): string | undefined {
  if (list === undefined) return undefined
  if (Array.isArray(list)) return list.includes(text) ? text : undefined
  if (Object.hasOwn(list, text)) return list[text]
  return Object.values(list).includes(text) ? text : undefined
}

/** A ticket's text may be long and hold anything. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}

function nameOf(reference: Reference): string {
  if ('dimension' in reference) return `dimension ${reference.dimension}`
  if ('tag' in reference) return `tag ${reference.tag}`
  return 'alarm' in reference ? reference.alarm : `field ${reference.field}`
}

/** Reads references in an alarm. */
export function inAlarm(alarm: Alarm): (reference: Reference) => unknown {
  return (reference) => {
    if ('dimension' in reference) return own(alarm.dimensions, reference.dimension)
    if ('tag' in reference) return own(alarm.tags, reference.tag)
    return 'alarm' in reference ? alarm[reference.alarm] : undefined
  }
}

/** Reads references in a ticket. */
export function inTicket({ fields }: Ticket): (reference: Reference) => unknown {
  return (reference) => ('field' in reference ? fieldOf(fields, reference.field) : undefined)
}

/** The references of a value that have no list, in words. */
export function unlistedReferences(value: RuleValue | undefined): string[] {
  if (typeof value !== 'object') return []
  if (isReference(value)) return value.in === undefined ? [nameOf(value)] : []
  return Object.values(value).flatMap(unlistedReferences)
}

/** The ticket fields that a value refers to, by dotted path. */
export function fieldsIn(value: RuleValue): string[] {
  if (typeof value !== 'object') return []
  if (isReference(value)) return 'field' in value ? [value.field] : []
  return Object.values(value).flatMap(fieldsIn)
}
