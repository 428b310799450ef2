import { parse } from 'yaml'
import * as z from 'zod'
import { sourceOf } from './source.ts'

/** What a world takes from serverless.yml: nothing of it stands in the simulation a second time. */

/** A resource by its logical id; `attribute` where not the resource itself is meant. */
const Ref = z.object({ ref: z.string(), attribute: z.string().optional() })

const Sqs = z.object({
  arn: Ref,
  batchSize: z.number().default(10),
  maximumBatchingWindow: z.number().default(0),
  functionResponseType: z.literal('ReportBatchItemFailures').optional(),
  maximumConcurrency: z.number().optional(),
})

const FunctionPart = z.object({
  timeout: z.number().optional(),
  memorySize: z.number().optional(),
  recursiveLoop: z.string().optional(),
  environment: z.record(z.string(), z.unknown()).default({}),
  destinations: z.object({ onFailure: z.object({ arn: Ref }).optional() }).optional(),
  events: z.array(z.record(z.string(), z.unknown())).default([]),
})

const QueuePart = z.object({
  VisibilityTimeout: z.coerce.number().default(30),
  /** SQS keeps a message for four days unless told otherwise. */
  MessageRetentionPeriod: z.coerce.number().default(345_600),
  RedrivePolicy: z.object({ deadLetterTargetArn: Ref, maxReceiveCount: z.number() }).optional(),
})

const Keys = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
const Projection = z.object({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).default([]),
})
const TablePart = z.object({
  KeySchema: Keys,
  GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string(), KeySchema: Keys, Projection })).default([]),
})

const Page = z.object({
  provider: z.object({ timeout: z.number(), memorySize: z.number(), environment: z.record(z.string(), z.unknown()) }),
  functions: z.record(z.string(), FunctionPart),
  resources: z.object({
    Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown().optional() })),
  }),
})

export interface Mapping {
  queue: string
  function: string
  batchSize: number
  /** How long a batch that is not full waits for more. */
  windowMs: number
  /** Whether the function says which messages of a batch failed. */
  partial: boolean
  concurrency: number
}

export interface FunctionSettings {
  timeoutMs: number
  memoryMb: number
  /** Whether AWS lets it run on and on in a loop through a queue. */
  mayLoop: boolean
  environment: Record<string, string>
  failureQueue: string | undefined
  /** `rate(1 minute)`, in ms. */
  everyMs: number | undefined
}

export interface QueueSettings {
  visibilityMs: number
  retentionMs: number
  redrive: { queue: string; maxReceives: number } | undefined
}

export interface IndexSettings {
  hash: string
  range: string | undefined
  /** What it has of an item beside the keys of both. */
  projected: 'all' | readonly string[]
}

export type Template = ReturnType<typeof readTemplate>

export function readTemplate(text = sourceOf('serverless.yml')) {
  const tags = ['Ref', 'GetAtt', 'Sub'].map((name) => ({ tag: `!${name}`, resolve: (value: string) => refTo(value) }))
  const raw = z.record(z.string(), z.unknown()).parse(parse(text, { customTags: tags, merge: true }))
  const page = Page.parse(resolved(raw, raw))
  const mappings: Mapping[] = []
  const functions = new Map<string, FunctionSettings>()
  for (const [name, part] of Object.entries(page.functions)) {
    functions.set(name, {
      timeoutMs: (part.timeout ?? page.provider.timeout) * 1000,
      memoryMb: part.memorySize ?? page.provider.memorySize,
      mayLoop: part.recursiveLoop === 'Allow',
      environment: environmentOf({ ...page.provider.environment, ...part.environment }),
      failureQueue: part.destinations?.onFailure?.arn.ref,
      everyMs: part.events.some((event) => event.schedule) ? 60_000 : undefined,
    })
    for (const event of part.events.filter(({ sqs }) => sqs)) mappings.push(mappingOf(name, Sqs.parse(event.sqs)))
  }
  const resources = Object.entries(page.resources.Resources)
  const ofType = (type: string) => resources.filter(([, { Type }]) => Type === `AWS::${type}`)
  const tables = ofType('DynamoDB::Table').map(([, { Properties }]) => TablePart.parse(Properties))
  return {
    functions,
    mappings,
    queues: new Map(ofType('SQS::Queue').map(([id, { Properties }]) => [id, queueOf(QueuePart.parse(Properties))])),
    indexes: new Map(tables.flatMap(indexesOf)),
    /** The attributes that are the key of the table. */
    tableKeys: tables.flatMap(({ KeySchema }) => KeySchema.map(({ AttributeName }) => AttributeName)),
  }
}

function refTo(value: string): z.infer<typeof Ref> {
  const [ref = value, attribute] = value.split('.')
  return { ref, attribute }
}

function mappingOf(name: string, { arn, ...sqs }: z.infer<typeof Sqs>): Mapping {
  return {
    queue: arn.ref,
    function: name,
    batchSize: sqs.batchSize,
    windowMs: sqs.maximumBatchingWindow * 1000,
    partial: sqs.functionResponseType !== undefined,
    concurrency: sqs.maximumConcurrency ?? 1000,
  }
}

function queueOf({
  VisibilityTimeout,
  MessageRetentionPeriod,
  RedrivePolicy,
}: z.infer<typeof QueuePart>): QueueSettings {
  const redrive = RedrivePolicy && {
    queue: RedrivePolicy.deadLetterTargetArn.ref,
    maxReceives: RedrivePolicy.maxReceiveCount,
  }
  return { visibilityMs: VisibilityTimeout * 1000, retentionMs: MessageRetentionPeriod * 1000, redrive }
}

function indexesOf({ GlobalSecondaryIndexes }: z.infer<typeof TablePart>): [string, IndexSettings][] {
  return GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => [
    IndexName,
    {
      hash: KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '',
      range: KeySchema.find(({ KeyType }) => KeyType === 'RANGE')?.AttributeName,
      projected: Projection.ProjectionType === 'ALL' ? 'all' : Projection.NonKeyAttributes,
    },
  ])
}

/** The only ARNs that a function is told are those of queues. */
export function queueArn(queue: string): string {
  return `arn:aws:sqs:eu-west-1:111122223333:${queue}`
}

/** A resource is known by its logical id, wherever an address of it is wanted. */
function environmentOf(values: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(values).map(([name, value]): [string, string] => {
    const { ref, attribute } = Ref.safeParse(value).data ?? {}
    if (!ref) return [name, String(value)]
    if (attribute === 'Arn') return [name, queueArn(ref)]
    return [name, name.endsWith('_URL') ? `https://sqs.sim/${ref}` : ref]
  })
  return Object.fromEntries(texts)
}

/** The innermost ones. */
const VARIABLE = /\$\{([^{}]*)\}/g

/** With `${self:…}` and `${param:…}` filled in; what else is asked for becomes nothing. */
function resolved(value: unknown, page: Record<string, unknown>): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{([^{}]*)\}$/.exec(value)?.[1]
    if (whole !== undefined) return resolved(lookUp(whole, page), page)
    const filled = value.replace(VARIABLE, (_, name: string) => String(resolved(lookUp(name, page), page)))
    return filled === value ? value : resolved(filled, page)
  }
  if (Array.isArray(value)) return value.map((one) => resolved(one, page))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, page)]))
}

function lookUp(name: string, page: Record<string, unknown>): unknown {
  const [from = '', path = ''] = name.split(':')
  const keys = from === 'param' ? ['params', 'default', path] : from === 'self' ? path.split('.') : undefined
  if (!keys) return ''
  return keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], page) ?? ''
}
