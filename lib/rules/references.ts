import * as z from 'zod'
import type { Alarm } from '../sources/alarm.ts'
import { fieldOf, own } from '../sources/field-of.ts'
import type { Ticket } from '../sources/ticket.ts'

/** Where the values of a target stand: in the rule itself, or at a reference of what came in. */

/** What may be named: values, or names for values. */
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

/** Of an alarm; its dimensions and tags are configuration that people made. */
export const AlarmReference = z.union([
  z.strictObject({ dimension: Name, in: In.optional() }),
  z.strictObject({ tag: Name, in: In.optional() }),
  z.strictObject({ alarm: z.enum(['account', 'region', 'resource']), in: In.optional() }),
])
export type AlarmReference = z.infer<typeof AlarmReference>

/** Of a ticket; what people write into it names nothing but what the list has. */
export const TicketReference = z.strictObject({ field: Name, in: In })
export type TicketReference = z.infer<typeof TicketReference>

export type Reference = AlarmReference | TicketReference

/** What stands in the file, at any depth, with places of what came in. */
export type RuleValue = string | number | boolean | Reference | RuleValue[] | { [key: string]: RuleValue }

/** The keys that only places have: what has one and is none is a reference with something wrong. */
const REFERENCE_KEYS = ['dimension', 'tag', 'alarm', 'field']

/** @param reference the places that may be pointed at */
export function ruleValue(reference: z.ZodType<Reference>): z.ZodType<RuleValue> {
  const value: z.ZodType<RuleValue> = z.lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), reference, z.array(value), z.record(z.string(), value)]),
  )
  return value
}

export function isReference(value: unknown): value is Reference {
  return AlarmReference.safeParse(value).success || TicketReference.safeParse(value).success
}

/** What looks like a reference, but is none. */
export function isMalformedReference(value: unknown, reference: z.ZodType): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return REFERENCE_KEYS.some((key) => Object.hasOwn(value, key)) && !reference.safeParse(value).success
}

/** The value with what stands at its places. @param problems gets a line for each that is not there, or not allowed */
export function resolve(
  value: RuleValue,
  at: (reference: Reference) => unknown,
  lists: Lists,
  path: string,
  problems: string[],
): unknown {
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) {
    return value.map((one, index) => resolve(one, at, lists, `${path}.${index}`, problems))
  }
  if (!isReference(value)) {
    const entries = Object.entries(value).map(([key, one]) => [
      key,
      resolve(one, at, lists, `${path}.${key}`, problems),
    ])
    return Object.fromEntries(entries)
  }
  const found = at(value)
  const text = typeof found === 'number' || typeof found === 'boolean' ? String(found) : found
  if (typeof text !== 'string' || text === '') {
    problems.push(`there is no ${nameOf(value)} for ${path}`)
    return undefined
  }
  const allowed = value.in === undefined ? text : allowedOf(text, listOf(value.in, lists))
  if (allowed === undefined) problems.push(`${nameOf(value)} is ${shown(text)}, which is not on the list for ${path}`)
  return allowed
}

/** The same value, with other texts where its places are. */
export function filled(
  value: RuleValue,
  at: (path: string[], reference: Reference) => string,
  path: string[] = [],
): unknown {
  if (typeof value !== 'object') return value
  if (isReference(value)) return at(path, value)
  if (Array.isArray(value)) return value.map((one, index) => filled(one, at, [...path, String(index)]))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, at, [...path, key])]))
}

/** All that may come of a place; nothing where it has no list. */
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

/** What stands in a ticket may be long, and anything. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}

function nameOf(reference: Reference): string {
  if ('dimension' in reference) return `dimension ${reference.dimension}`
  if ('tag' in reference) return `tag ${reference.tag}`
  return 'alarm' in reference ? reference.alarm : `field ${reference.field}`
}

export function inAlarm(alarm: Alarm): (reference: Reference) => unknown {
  return (reference) => {
    if ('dimension' in reference) return own(alarm.dimensions, reference.dimension)
    if ('tag' in reference) return own(alarm.tags, reference.tag)
    return 'alarm' in reference ? alarm[reference.alarm] : undefined
  }
}

export function inTicket({ fields }: Ticket): (reference: Reference) => unknown {
  return (reference) => ('field' in reference ? fieldOf(fields, reference.field) : undefined)
}

/** What the value reads from outside without a list, by name. */
export function unlistedReferences(value: RuleValue | undefined): string[] {
  if (typeof value !== 'object') return []
  if (isReference(value)) return value.in === undefined ? [nameOf(value)] : []
  return Object.values(value).flatMap(unlistedReferences)
}

/** The paths that a rule reads of a ticket. */
export function fieldsIn(value: RuleValue): string[] {
  if (typeof value !== 'object') return []
  if (isReference(value)) return 'field' in value ? [value.field] : []
  return Object.values(value).flatMap(fieldsIn)
}
