import * as z from 'zod'
import type { Alarm } from '../intake/alarm.ts'
import { fieldOf, own } from '../intake/field-of.ts'
import type { Ticket } from '../intake/ticket.ts'

/** Where the values of a target stand: in the rule itself, or at a place of what came in. */

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
export const AlarmPlace = z.union([
  z.strictObject({ dimension: Name, in: In.optional() }),
  z.strictObject({ tag: Name, in: In.optional() }),
  z.strictObject({ alarm: z.enum(['account', 'region', 'resource']), in: In.optional() }),
])
export type AlarmPlace = z.infer<typeof AlarmPlace>

/** Of a ticket; what people write into it names nothing but what the list has. */
export const TicketPlace = z.strictObject({ field: Name, in: In })
export type TicketPlace = z.infer<typeof TicketPlace>

type Place = AlarmPlace | TicketPlace

/** What stands in the file, at any depth, with places of what came in. */
export type RuleValue = string | number | boolean | Place | RuleValue[] | { [key: string]: RuleValue }

/** The keys that only places have: what has one and is none is a place with something wrong. */
const PLACE_KEYS = ['dimension', 'tag', 'alarm', 'field']

/** @param place the places that may be pointed at */
export function ruleValue(place: z.ZodType<Place>): z.ZodType<RuleValue> {
  const value: z.ZodType<RuleValue> = z.lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), place, z.array(value), z.record(z.string(), value)]),
  )
  return value
}

export function isPlace(value: unknown): value is Place {
  return AlarmPlace.safeParse(value).success || TicketPlace.safeParse(value).success
}

/** What looks like a place, but is none. */
export function isSpoiltPlace(value: unknown, place: z.ZodType): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return PLACE_KEYS.some((key) => Object.hasOwn(value, key)) && !place.safeParse(value).success
}

/** The value with what stands at its places. @param problems gets a line for each that is not there, or not allowed */
export function resolve(
  value: RuleValue,
  at: (place: Place) => unknown,
  lists: Lists,
  path: string,
  problems: string[],
): unknown {
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) {
    return value.map((one, index) => resolve(one, at, lists, `${path}.${index}`, problems))
  }
  if (!isPlace(value)) {
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
export function filled(value: RuleValue, at: (path: string[], place: Place) => string, path: string[] = []): unknown {
  if (typeof value !== 'object') return value
  if (isPlace(value)) return at(path, value)
  if (Array.isArray(value)) return value.map((one, index) => filled(one, at, [...path, String(index)]))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, at, [...path, key])]))
}

/** All that may come of a place; nothing where it has no list. */
export function listedValues({ in: list }: Place, lists: Lists): string[] {
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

function nameOf(place: Place): string {
  if ('dimension' in place) return `dimension ${place.dimension}`
  if ('tag' in place) return `tag ${place.tag}`
  return 'alarm' in place ? place.alarm : `field ${place.field}`
}

export function inAlarm(alarm: Alarm): (place: Place) => unknown {
  return (place) => {
    if ('dimension' in place) return own(alarm.dimensions, place.dimension)
    if ('tag' in place) return own(alarm.tags, place.tag)
    return 'alarm' in place ? alarm[place.alarm] : undefined
  }
}

export function inTicket({ fields }: Ticket): (place: Place) => unknown {
  return (place) => ('field' in place ? fieldOf(fields, place.field) : undefined)
}

/** What the value reads from outside without a list, by name. */
export function unlistedPlaces(value: RuleValue | undefined): string[] {
  if (typeof value !== 'object') return []
  if (isPlace(value)) return value.in === undefined ? [nameOf(value)] : []
  return Object.values(value).flatMap(unlistedPlaces)
}

/** The paths that a rule reads of a ticket. */
export function fieldsIn(value: RuleValue): string[] {
  if (typeof value !== 'object') return []
  if (isPlace(value)) return 'field' in value ? [value.field] : []
  return Object.values(value).flatMap(fieldsIn)
}
