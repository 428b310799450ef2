import { isDeepStrictEqual } from 'node:util'
import { fingerprintOf } from '../../runs/accept/fingerprint.ts'
import { instantAfter, secondsAfter } from './seconds-after.ts'
import { entryOf, textOf } from './timeline-text.ts'

/**
 * The compact form of a run's record: a common run has 1 KB at most, so that each write of it is one unit. It has the names of the
 * record, and people can read it:
 *
 * * an instant is a number, the seconds after `createdAt`;
 * * an entry of the timeline is a text, e.g. `636.4 verifying SUCCESS`;
 * * `{id}` stands for the id at the end of `resource`;
 * * fields that have their usual value, or follow from others, are left out.
 */
export type Fields = Record<string, unknown>

/** @returns the compact form; the record itself if the compact form would not read back as the same */
export function compacted(record: Fields): Fields {
  const short = shortened(record)
  return isDeepStrictEqual(expanded(short), record) ? short : record
}

/** The record in an item of either form. */
export function expanded(item: Fields): Fields {
  if (typeof item.updatedAt !== 'number') return item
  const due = item.dueAt === undefined ? {} : { due: 'due' }
  const record = { ...USUAL, ...due, ...converted(item, 'long') }
  return { fingerprint: fingerprintOfRecord(record), ...record }
}

function shortened(record: Fields): Fields {
  const { due, fingerprint, ...rest } = withoutUsual(record, USUAL)
  const own = fingerprint === fingerprintOfRecord(record) ? {} : { fingerprint }
  return { ...converted(rest, 'short'), ...own }
}

/** The values with which fields are left out. */
const USUAL: Fields = { params: {}, collision: 'reject', busyAnswers: 0, deadLetters: 0 }
const USUAL_PROGRESS: Fields = { consecutive: 0, failures: 0 }

/** What the forms depend on. Both forms have it, and it never changes. */
interface Context {
  createdMs: number
  /** At the end of `resource`. */
  id: string
  jobId: unknown
  sourceKind: unknown
  sourceName: unknown
}

interface Form {
  short(value: unknown, context: Context): unknown
  long(value: unknown, context: Context): unknown
}

const INSTANT: Form = {
  short: (instant, { createdMs }) => secondsAfter(createdMs, instant),
  long: (seconds, { createdMs }) => instantAfter(createdMs, seconds),
}

const FORMS: Readonly<Record<string, Form>> = {
  ...{ preparedAt: INSTANT, freeSince: INSTANT, sentAt: INSTANT, mayArriveUntil: INSTANT, sendByAt: INSTANT },
  ...{ acceptedAt: INSTANT, verifyingAt: INSTANT, updatedAt: INSTANT, deadlineAt: INSTANT, nextAt: INSTANT },
  ...{ endedAt: INSTANT, notifiedAt: INSTANT, changedAfter: INSTANT, slowAt: INSTANT },
  target: {
    short: (target, { id }) => withEach(target, (value) => (value === id ? ID : value)),
    long: (target, { id }) => withEach(target, (value) => (value === ID ? id : value)),
  },
  // The indexes have its kind and its name.
  source: {
    short: (source) => {
      const { kind, name, ...rest } = fieldsOf(source)
      return rest
    },
    long: (source, { sourceKind: kind, sourceName: name }) => ({ kind, name, ...fieldsOf(source) }),
  },
  progress: {
    short: (progress, context) => {
      const rest = withoutUsual(fieldsOf(progress), USUAL_PROGRESS)
      return 'since' in rest ? { ...rest, since: INSTANT.short(rest.since, context) } : rest
    },
    long: (progress, context) => {
      const whole = { ...USUAL_PROGRESS, ...fieldsOf(progress) }
      return 'since' in whole ? { ...whole, since: INSTANT.long(whole.since, context) } : whole
    },
  },
  timeline: {
    short: (timeline, context) => (Array.isArray(timeline) ? timeline.map((one) => textOf(one, context)) : timeline),
    long: (timeline, context) => (Array.isArray(timeline) ? timeline.map((one) => entryOf(one, context)) : timeline),
  },
  outcome: {
    short: (outcome, { id }) => withSummary(outcome, (summary) => summary.replaceAll(id, ID)),
    long: (outcome, { id }) => withSummary(outcome, (summary) => summary.replaceAll(ID, id)),
  },
}

const ID = '{id}'

function converted(fields: Fields, to: 'short' | 'long'): Fields {
  const { createdAt, resource, job, sourceKind, sourceName } = fields
  const id = String(resource).split('/').at(-1) ?? ''
  const createdMs = Date.parse(String(createdAt))
  const context = { createdMs, id, jobId: fieldsOf(job).id, sourceKind, sourceName }
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, FORMS[name]?.[to](value, context) ?? value]),
  )
}

function withoutUsual(fields: Fields, usual: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !isDeepStrictEqual(value, usual[name])))
}

function withEach(fields: unknown, of: (value: unknown) => unknown): Fields {
  return Object.fromEntries(Object.entries(fieldsOf(fields)).map(([name, value]) => [name, of(value)]))
}

function withSummary(outcome: unknown, of: (summary: string) => string): Fields {
  const { summary, ...rest } = fieldsOf(outcome)
  return typeof summary === 'string' ? { ...rest, summary: of(summary) } : fieldsOf(outcome)
}

/** A hash needs the order of the fields, and DynamoDB does not keep the order of those inside others. */
function fingerprintOfRecord({ operation, target, params }: Fields): string | undefined {
  const parts = [target, params].map(fieldsOf)
  const isFlat = parts.flatMap((part) => Object.values(part)).every((value) => typeof value !== 'object')
  const [flatTarget = {}, flatParams = {}] = parts
  return isFlat
    ? fingerprintOf({ operation: { name: String(operation) }, target: flatTarget, params: flatParams })
    : undefined
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {} // its fields are checked where they are read
}
