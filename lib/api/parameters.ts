import * as z from 'zod'
import { Key } from '../runs/accept/request-body.ts'
import { DEAD_LETTER_ID } from '../runs/dead-letter.ts'
import { DELIVERY_ID } from '../runs/delivery.ts'
import { RUN_ID, Source } from '../runs/run.ts'
import { State } from '../runs/states.ts'

/** What stands in paths, queries and headers of requests. Their names are those of the wire. */

export const RunPath = z.object({ id: z.string().regex(RUN_ID).describe('Id of a run') })
export const DeadLetterPath = z.object({
  id: z.string().regex(DEAD_LETTER_ID).describe('`messageId` of a dead letter'),
})
export const DeliveryPath = z.object({ id: z.string().regex(DELIVERY_ID).describe('Id of a delivery') })
export const SourcePath = z.object({ source: z.string().max(64).describe('Name of the source, e.g. `generic`') })

const MAX_LIMIT = 100
const LIMIT = `must be a whole number from 1 to ${MAX_LIMIT}`

/** Digits only: `1e2`, ` 7` and nothing at all are mistakes. */
const Limit = z
  .string()
  .regex(/^\d{1,9}$/, { error: LIMIT, abort: true })
  .transform(Number)
  .pipe(z.number().int().min(1, LIMIT).max(MAX_LIMIT, LIMIT))

const Paging = {
  limit: Limit.default(20).describe('The most on a page'),
  cursor: z.string().max(1000).optional().describe('Of the page before; belongs to the same filter'),
}

/** As records have it, so that they can be compared as text. */
const Instant = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2026-01-01T00:00:00Z' })
  // It runs on what is no instant, too.
  .overwrite((text) => (Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString()))
  .optional()

const Name = z.string().min(1).max(100)

export const RunsQuery = z
  .strictObject({
    state: z
      .string()
      .transform((list) => list.split(','))
      .pipe(z.array(State))
      .optional()
      .describe('Any of these, by comma'),
    operation: Name.optional(),
    source: Source.shape.kind.optional(),
    // They are kept in lower case.
    target: Name.toLowerCase().optional().describe('Id of an instance or a cluster, or the whole resource'),
    batchId: Name.optional(),
    since: Instant.describe('Accepted then or later'),
    until: Instant.describe('Accepted before'),
    ...Paging,
  })
  .refine(({ since, until }) => !since || !until || since < until, { path: ['since'], error: 'must be before until' })

export const DeadLettersQuery = z.strictObject(Paging)

export const LimitsQuery = z
  .strictObject({
    // As targets are kept.
    resource: z.string().min(1).max(200).toLowerCase().optional().describe('E.g. `huawei/dcs/<instance id>`'),
    rule: Name.optional().describe('Instead: the name of a rule'),
  })
  .refine(({ resource, rule }) => (resource === undefined) !== (rule === undefined), {
    path: ['resource'],
    error: 'must be given, or rule instead of it',
  })

export const ResourcePath = z.object({
  cloud: z.string().max(32).describe('The resource, e.g. `huawei`'),
  service: z.string().max(32).describe('`dcs`'),
  id: Name.describe('Id of an instance or a cluster'),
})
export const RulePath = z.object({ name: Name.describe('Name of a rule') })

export const DeliveriesQuery = z.strictObject({
  source: Name.optional().describe('As in its path'),
  unauthentic: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: instead, how many a day were not proven to come from who may send them'),
  ...Paging,
})

/** Strict: a misspelt `dryRun` must not be carried out. */
export const CreateRunQuery = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().describe('`true`: the plan; nothing is stored, nothing sent'),
})

const Prefer = {
  Prefer: z.string().optional().describe('`wait=N`: waits up to N seconds for the end (RFC 7240); at most 25 of them'),
}

export const CreateRunHeaders = z.object({
  'Idempotency-Key': Key.optional().describe(
    'The same key of one caller is the same run for 90 days, however often it is asked for; may stand in quotes',
  ),
  ...Prefer,
})

export const GetRunHeaders = z.object({
  'If-None-Match': z.string().optional().describe('An `ETag`: 304 while the run is as it was then'),
  ...Prefer,
})

export const CancelHeaders = z.object({
  'If-Match': z.string().optional().describe('An `ETag`: 412 where the run has changed since'),
})

/** Standard Webhooks; other sources have headers of their own. */
export const WebhookHeaders = z.object({
  'webhook-id': z.string().optional().describe('The same for every retry: it is one delivery'),
  'webhook-timestamp': z.string().optional().describe('Unix seconds; may be five minutes off'),
  'webhook-signature': z.string().optional().describe('`v1,<base64>`; several by space'),
})
