import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { HEALTH } from '../../lib/intake/http/health.ts'
import type { Access } from '../../lib/local/http/access.ts'
import { type LocalRoute, startGateway } from '../../lib/local/http/gateway.ts'
import { type Clients, type Endpoints, localClients } from './emulators/clients.ts'
import { startEmulators } from './emulators/emulators.ts'
import { type Attributes, createResources } from './emulators/resources.ts'
import { type EventBus, eventBus, startSchedules } from './events/event-bus.ts'
import { handovers } from './events/handovers.ts'
import { type Delivery, startOutbox } from './events/outbox.ts'
import { handOver } from './events/posted.ts'
import { snsEvent } from './events/sns-event.ts'
import { startTopicReader } from './events/topic-reader.ts'
import { asyncInvoker, type FirstTry } from './lambda/async-invoke.ts'
import { FunctionError } from './lambda/function-error.ts'
import { type Invoke, type LogLine, startFunctions } from './lambda/functions.ts'
import { startMapping } from './queues/mapping.ts'
import type { Template } from './template/model.ts'
import { readTemplate } from './template/template.ts'

export type StandaloneOptions = {
  /** Folder that the handlers of the template (`dist/api.handler`) are relative to. */
  root: string
  templateFile: string
  /** Made if missing; holds the tables and `outcomes.jsonl`. One process at a time. */
  dataDir: string
  /** 0 takes a free one. */
  port: number
  /** 127.0.0.1 without a token unless given: whoever comes in may do everything. */
  access?: Access
  /** Set in every function, over what the template says. */
  env?: Record<string, string>
  /** Used instead of the embedded SQS, SNS or DynamoDB. */
  endpoints?: Partial<Endpoints>
  onLog?: (line: LogLine) => void
  onDelivery?: (delivery: Delivery) => void
  /** Before the second and third try of an asynchronous invocation: 60 s and 120 s, as in Lambda. */
  eventRetryDelaysMs?: number[]
  /** At once for each function; 4. */
  maxSandboxes?: number
  /** For invocations under way when `close` is called; 1 s. */
  closeGraceMs?: number
}

/** The whole product in one process. */
export type Standalone = {
  url: string
  endpoints: Endpoints
  /** The newest 1000. */
  deliveries: Delivery[]
  invoke: Invoke
  putEvent: EventBus['put']
  /** What `Ref` gives for each logical id: queue URLs, topic ARNs, table names. */
  resources: Record<string, string>
  close(): Promise<void>
}

const MAX_DELIVERIES = 1000

/** Requests that wait for a run at once: each holds a sandbox of 25 MB, which is started on demand and ended when idle. */
const MAX_WAITING = 8

/** Runs a packaged template on this machine. A start that fails leaves nothing running. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const closers: (() => unknown)[] = []
  // Last in, first out; all of them, even if one fails.
  const close = async () => {
    const failures: unknown[] = []
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      await (async () => closer())().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
  try {
    return { ...(await start(options, (closer) => closers.push(closer))), close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

type OnClose = (closer: () => unknown) => void

async function start(options: StandaloneOptions, onClose: OnClose): Promise<Omit<Standalone, 'close'>> {
  const { root, dataDir, onLog = () => undefined, maxSandboxes = 4 } = options
  const onError = (error: unknown) => {
    // What a stop cuts short comes back by itself: nothing to report.
    const stopped = error instanceof FunctionError && error.kind === 'closed'
    if (!stopped) onLog({ from: 'standalone', text: String(error) })
  }
  const template = readTemplate(options.templateFile)
  await mkdir(dataDir, { recursive: true })
  const emulators = await startEmulators(join(dataDir, 'tables'), options.endpoints)
  onClose(emulators.close)
  const { endpoints } = emulators
  const clients = localClients(endpoints)
  onClose(clients.close)
  const attributes = await createResources(template, clients, endpoints)
  const shared = { template, clients, endpoints, attributes, onError }

  const deliveries: Delivery[] = []
  const told = handovers()
  const onDelivery = (delivery: Delivery) => {
    deliveries.push(delivery)
    if (deliveries.length > MAX_DELIVERIES) deliveries.shift()
    told.done(delivery.id)
    options.onDelivery?.(delivery)
  }
  onClose(await startOutbox({ ...shared, file: join(dataDir, 'outcomes.jsonl'), onDelivery }))
  // The queue in between is lost in a crash: who publishes must not note it as told before it is in the file.
  emulators.holdPublishers(told.wait)

  const { env = {} } = options
  const functions = startFunctions(template.functions, {
    ...{ root, endpoints, attributes, env, maxSandboxes, onLog },
    maxWaiting: MAX_WAITING,
  })
  onClose(() => functions.close(0))
  const { invoke } = functions
  const retryDelaysMs = options.eventRetryDelaysMs ?? [60_000, 120_000]
  const async = asyncInvoker({ ...shared, functions: template.functions, invoke, sqs: clients.sqs, retryDelaysMs })
  const bus = eventBus(template.rules, async.start)
  await startSubscriptions({ ...shared, start: async.start }, onClose)

  const { access = { address: '127.0.0.1' }, port } = options
  const localRoutes = { 'POST /events': eventsRoute((text) => handOver(text, { template, bus, start: async.start })) }
  // Whether this process answers must be heard while all lines are full.
  const instantRoutes = { 'GET /health': HEALTH, 'HEAD /health': HEALTH }
  const gateway = await startGateway({
    ...{ instantRoutes, routes: template.routes, localRoutes, invoke, access, port, onError },
    waiting: { invoke: functions.invokeWaiting, atMost: MAX_WAITING },
  })
  const stopMappings = startMappings({ ...shared, invoke, maxSandboxes })
  const stopSchedules = startSchedules(template.schedules, async.start)
  // All at once: each waits for invocations under way, and the functions end those after the grace.
  onClose(async () => {
    stopSchedules()
    const grace = functions.close(options.closeGraceMs ?? 1000)
    await Promise.all([grace, stopMappings(), async.close()])
    await gateway.close()
  })
  const made = [...attributes].filter(([name]) => !name.includes('.'))
  return { url: gateway.url, endpoints, deliveries, invoke, putEvent: bus.put, resources: Object.fromEntries(made) }
}

const NO_EVENT = "Not an EventBridge event, a delivery of SNS or an alarm's action"

type Shared = {
  template: Template
  clients: Clients
  endpoints: Endpoints
  attributes: Attributes
  onError: (error: unknown) => void
}

function startMappings({
  template,
  clients,
  attributes,
  onError,
  invoke,
  maxSandboxes,
}: Shared & { invoke: Invoke; maxSandboxes: number }) {
  const stops = template.mappings
    .filter(({ enabled }) => enabled)
    .map((mapping) => {
      const queue = { url: attributes.get(mapping.queue) ?? '', arn: attributes.get(`${mapping.queue}.Arn`) ?? '' }
      // Two unless the template says more: enough that one slow batch does not hold up the queue.
      const concurrency = Math.min(mapping.maximumConcurrency ?? 2, maxSandboxes)
      return startMapping(mapping, { sqs: clients.sqs, queue, invoke, concurrency, onError })
    })
  return () => Promise.all(stops.map((stop) => stop()))
}

async function startSubscriptions(
  { template, start, ...shared }: Shared & { start: (functionId: string, event: unknown) => void },
  onClose: OnClose,
): Promise<void> {
  for (const { id, topic, function: functionId, attributes } of template.subscriptions) {
    const topicArn = shared.attributes.get(topic) ?? ''
    const stop = await startTopicReader({
      ...shared,
      queueName: `standalone-${id}`,
      subscriptions: [{ topicArn, attributes }],
      onNotification: async (notification) => start(functionId, snsEvent(notification, `${topicArn}:${id}`)),
    })
    onClose(stop)
  }
}

/** What receive-alarm gives back: which runs an event became, or why none. */
const Results = z.object({ results: z.array(z.unknown()) })

/** @param start gives of each function that was started what its first try gave */
function eventsRoute(start: (text: string) => Promise<FirstTry>[] | undefined): LocalRoute {
  return async (body) => {
    const started = start(body)
    if (!started) return { statusCode: 400, body: { message: NO_EVENT } }
    const tries = await Promise.all(started)
    const given = tries.flatMap((first) => (first ? [Results.safeParse(first.result).data?.results] : []))
    if (given.length === tries.length) {
      const results = given.flatMap((some) => some ?? [])
      const told = given.some((some) => some !== undefined) ? { results } : {}
      return { statusCode: 202, body: { matched: tries.length, ...told } }
    }
    // It is tried again, but only as long as this process lives.
    return {
      statusCode: 503,
      body: { message: 'The function failed. Send the event again: it starts one run at most' },
    }
  }
}
