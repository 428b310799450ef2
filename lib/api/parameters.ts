import * as z from 'zod'
import { didYouMean } from '../basics/nearest.ts'
import { SCHEMA_NAMES } from '../notify/data.ts'
import { unknownOperation } from '../runs/accept/check-request.ts'
import { Key } from '../runs/accept/request-body.ts'
import { DEAD_LETTER_ID } from '../runs/dead-letter.ts'
import { DELIVERY_ID } from '../runs/delivery.ts'
import { EPISODE_ID } from '../runs/episodes/episode.ts'
import { PAUSE_ID } from '../runs/guards/pauses.ts'
import { BATCH_ID, RUN_ID, SourceKind } from '../runs/run.ts'
import { State } from '../runs/states.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { SOURCES } from '../sources/sources.ts'
import { ProblemTypeName } from './problems/types.ts'

/** Parameters of paths, queries and headers, by their names on the wire. */

export const RunPath = z.object({ id: z.string().regex(RUN_ID).describe('Id of a run') })
export const DeadLetterPath = z.object({
  id: z.string().regex(DEAD_LETTER_ID).describe('`messageId` of a dead letter'),
})
export const DeliveryPath = z.object({ id: z.string().regex(DELIVERY_ID).describe('Id of a delivery') })
export const BatchPath = z.object({ id: z.string().regex(BATCH_ID).describe('Id of a batch') })
export const ProblemPath = z.object({ name: ProblemTypeName.describe('Last segment of the `type` of a problem') })
export const SchemaPath = z.object({ name: z.enum(SCHEMA_NAMES).describe('Name of a schema') })
export const SourcePath = z.object({ source: z.string().max(64).describe('Name of the source, e.g. `generic`') })

const MAX_LIMIT = 100

/** Cuts and quotes what a caller wrote. */
function quoted(given: unknown): string {
  return JSON.stringify(String(given).slice(0, 60).toWellFormed())
}

const notALimit = ({ input }: { input?: unknown }): string =>
  `must be a whole number from 1 to ${MAX_LIMIT}, not ${quoted(input)}`

/** Digits only: `1e2`, ` 7` and the empty text are mistakes. */
const Limit = z
  .string()
  .regex(/^\d{1,9}$/, { error: notALimit, abort: true })
  .transform(Number)
  .pipe(z.int({ error: notALimit }).min(1, { error: notALimit }).max(MAX_LIMIT, { error: notALimit }))

const Paging = {
  limit: Limit.default(20).describe('Maximum number of items on a page'),
  cursor: z.string().max(1000).optional().describe('The `cursor` of the page before; valid with the same filter only'),
}

/** A "+" in a query is a space, unless it is encoded. */
function notAnInstant({ input }: { input?: unknown }): string {
  if (/ \d\d:?\d\d$/.test(String(input))) return `${quoted(input)}: a "+" in a URL must be written %2B`
  return `must be an instant such as 2026-01-01T00:00:00Z, not ${quoted(input)}`
}

/** Normalised like the instants of records, so that both compare as text. */
const Instant = z.iso
  .datetime({ offset: true, error: notAnInstant })
  // Zod runs this on malformed instants, too.
  .overwrite((text) => (Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString()))
  .optional()

const Flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive', error: 'must be true or false' })

const Name = z.string().min(1).max(100)

/** Resources are stored in lower case. */
const Resource = z.string().min(1).max(200).toLowerCase()

/** The names of all operations. */
export const OperationFilter = z.enum([...CATALOGUE.keys()] as [string, ...string[]], {
  error: ({ input }) => unknownOperation(input),
}) // the catalogue is not empty

/** Routes of requests take no parameters: a misspelt one must not start a run. */
export const NoQuery = z.strictObject({})

const SOURCE_NAMES = ['cloudwatch', ...SOURCES.keys()]

function sourceName(names: readonly string[]) {
  return z
    .string()
    .refine((name) => names.includes(name), { error: ({ input }) => didYouMean(input, names) })
    .optional()
}

const RunSource = sourceName(['api', ...SOURCE_NAMES]).describe(
  'Name of the source, e.g. `cloudwatch`; `api` is `POST /runs`',
)

export const RunsQuery = z
  .strictObject({
    state: z
      .string()
      .transform((list) => list.split(','))
      .pipe(z.array(State))
      .optional()
      .describe('One or more states, separated by commas'),
    operation: OperationFilter.optional().describe('Name of an operation'),
    sourceKind: z.optional(SourceKind).describe('How the runs were asked for'),
    source: RunSource,
    // Resources are stored in lower case.
    target: Name.toLowerCase()
      .optional()
      .describe('Id of an instance or a cluster, or a whole resource such as `huawei/dcs/<instance id>`'),
    batchId: Name.optional().describe('Id of a batch'),
    since: Instant.describe('Accepted at this instant or later'),
    until: Instant.describe('Accepted before this instant'),
    ...Paging,
  })
  .refine(({ since, until }) => !since || !until || since < until, { path: ['since'], error: 'must be before until' })

export const EpisodesQuery = z.strictObject({
  state: z
    .enum(['open', 'closed'], { error: 'must be open or closed' })
    .optional()
    .describe('`open`: something may still happen, or people must look at it'),
  resource: Resource.optional().describe('E.g. `huawei/dcs/<instance id>`'),
  rule: Name.optional().describe('The name of a rule'),
  ...Paging,
})

export const EpisodePath = z.object({ id: z.string().regex(EPISODE_ID).describe('Id of an episode') })

export const DeadLettersQuery = z.strictObject(Paging)

export const LimitsQuery = z
  .strictObject({
    resource: Resource.optional().describe('E.g. `huawei/dcs/<instance id>`; of a budget, `caller/<entry>/<hash>`'),
    rule: Name.optional().describe('The name of a rule; instead of `resource`'),
  })
  .refine(({ resource, rule }) => (resource === undefined) !== (rule === undefined), {
    path: ['resource'],
    error: 'is missing: give resource or rule, and not both',
  })

export const ResourcePath = z.object({
  cloud: z.string().max(32).describe('Cloud of the resource, e.g. `huawei`; of a budget, `caller`'),
  service: z.string().max(64).describe('Service of the resource, e.g. `dcs`; of a budget, its entry of the policy'),
  id: Name.describe('Id of an instance or a cluster; of a budget, the hash that its refusal names'),
})
export const GroupPath = z.object({ name: Name.describe('Name of a group of the rules, or `everything`') })
export const RulePath = z.object({ name: Name.describe('Name of a rule') })

export const PausePath = z.object({ id: z.string().regex(PAUSE_ID).describe('Id of a pause') })

export const DeliveriesQuery = z.strictObject({
  source: sourceName(SOURCE_NAMES).describe('Name of the source, e.g. `cloudwatch` or `generic`'),
  ...Paging,
})

/** @deprecated `dryRun` is the form of 0.x, and answers for one release. Strict: a misspelt one must not start a run. */
export const CreateRunQuery = z.strictObject({ dryRun: Flag.optional() })

const Prefer = {
  Prefer: z.string().optional().describe('`wait=N`: waits up to N seconds, at most 25, for the run to end (RFC 7240)'),
}

export const CreateRunHeaders = z.object({
  'Idempotency-Key': Key.optional().describe(
    'For 90 days, every request of the same caller with the same key returns the same run. The key may be in quotes',
  ),
  ...Prefer,
})

/** Batches are not waited for. */
export const CreateBatchHeaders = CreateRunHeaders.omit({ Prefer: true })

export const CreatePauseHeaders = z.object({
  'Idempotency-Key': Key.optional().describe(
    'While the pause is in force, every request of the same caller with the same key returns it',
  ),
})

export const GetRunHeaders = z.object({
  'If-None-Match': z.string().optional().describe('An `ETag`: the answer is 304 while the run is unchanged'),
  ...Prefer,
})

export const CancelHeaders = z.object({
  'If-Match': z.string().optional().describe('An `ETag`: the answer is 412 if the run has changed since'),
})

/** Standard Webhooks; other sources have headers of their own. */
export const WebhookHeaders = z.object({
  'webhook-id': z.string().optional().describe('Identifies a delivery; the same in every retry'),
  'webhook-timestamp': z.string().optional().describe('Unix seconds; accepted up to five minutes off'),
  'webhook-signature': z.string().optional().describe('`v1,<base64>`; several signatures are separated by spaces'),
})
