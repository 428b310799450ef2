import { HEALTH } from '../../lib/api/health.ts'
import { startGateway } from '../../lib/local/http/gateway.ts'
import { type Pace, paceOf } from './clock.ts'
import { type Aws, startAws } from './emulators/aws.ts'
import { type Attributes, createResources, type OnMade } from './emulators/resources.ts'
import { type EventBus, eventBus, startSchedules } from './events/event-bus.ts'
import { eventsRoute } from './events/posted.ts'
import { type Notification, snsEvent, startTopicReader } from './events/topic-reader.ts'
import { asyncInvoker } from './lambda/async-invoke.ts'
import { FunctionError } from './lambda/function-error.ts'
import { type Invoke, type LogLine, startFunctions } from './lambda/functions.ts'
import { startMapping } from './queues/mapping.ts'
import type { Template } from './template/model.ts'
import { readTemplate } from './template/template.ts'

export interface StackOptions {
  /** Folder that the handlers of the template (`dist/api.handler`) are relative to. */
  root: string
  templateFile: string
  /** Set in every function, over what the template says. @param url of the API */
  env?: (url: string) => Record<string, string>
  /** Which SQS, SNS and DynamoDB are used instead of emulated ones; {@link startAws}. */
  environment?: Record<string, string | undefined>
  /** Of the clock of the functions, the delays of the queues, the rates of the schedules. Time-outs are the machine's. */
  pace?: Pace
  onLog?: (line: LogLine) => void
  /** Before the second and third try of an asynchronous invocation: 60 s and 120 s, as in Lambda. */
  eventRetryDelaysMs?: number[]
  /** At once for each function, beside those that wait for a run. */
  maxSandboxes?: number
}

/** A packaged template that runs on this machine. */
export interface Stack {
  url: string
  aws: Aws
  invoke: Invoke
  putEvent: EventBus['put']
  /** What `Ref` and `Fn::GetAtt` give for each logical id: queue URLs, topic ARNs, table names. */
  resources: Attributes
  /** All that topics delivered, the oldest first. */
  notifications: Notification[]
  /** Waits for nothing that is under way. What was made elsewhere than in emulators is deleted. */
  close(): Promise<void>
}

/** A call that hangs holds up no other; to start one, and to get it warm, takes most of a second of a core. */
const MAX_SANDBOXES = 2

const RETRY_DELAYS_MS = [60_000, 120_000]

/** Runs a packaged template on emulated AWS. A start that fails leaves nothing running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const closers: (() => unknown)[] = []
  // Last in, first out; all of them, even if one fails.
  const close = async (): Promise<void> => {
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

async function start(options: StackOptions, onClose: OnClose): Promise<Omit<Stack, 'close'>> {
  const { root, env = () => ({}), environment = {}, pace = paceOf(), onLog = () => undefined } = options
  const { maxSandboxes = MAX_SANDBOXES, eventRetryDelaysMs = RETRY_DELAYS_MS } = options
  const onError = (error: unknown): void => {
    // What a stop cuts short: nothing to report.
    const isStopped = error instanceof FunctionError && error.kind === 'closed'
    if (!isStopped) onLog({ from: 'deployed', text: String(error) })
  }
  const template = readTemplate(options.templateFile)
  const aws = await startAws({ environment, speed: pace.speed })
  onClose(aws.close)
  const onMade: OnMade = aws.isEmulated ? () => {} : onClose
  const attributes = await createResources(template, aws, onMade)
  const shared: Shared = { template, aws, onMade, attributes, onError, onClose }

  const notifications: Notification[] = []
  await hearTopics(shared, (notification) => notifications.push(notification))
  // Before the functions: they know its address. Nobody asks before all is started.
  const gateway = await startGateway({
    routes: template.routes,
    localRoutes: { 'POST /events': (event) => takeEvents(event) },
    instantRoutes: { 'GET /health': HEALTH, 'HEAD /health': HEALTH },
    invoke: (functionId, event, { waits }) => functions.invoke(functionId, event, waits),
    ...{ access: { address: '127.0.0.1' }, port: 0, onError },
  })
  onClose(() => gateway.close())
  const functions = startFunctions(template.functions, {
    ...{ root, aws, attributes, pace, maxSandboxes, onLog },
    env: env(gateway.url),
  })
  const { invoke } = functions
  const retryDelaysMs = eventRetryDelaysMs.map((ms) => ms / pace.speed)
  const async = asyncInvoker({ ...shared, functions: template.functions, invoke, sqs: aws.clients.sqs, retryDelaysMs })
  const bus = eventBus(template.rules, async.start)
  await subscribeFunctions(shared, async.start)

  const takeEvents = eventsRoute({ template, bus, start: async.start })
  const stopMappings = startMappings(shared, invoke, maxSandboxes)
  const stopSchedules = startSchedules(template.schedules, async.start, pace.speed)
  // All at once: each waits for what is under way, and the functions end that.
  onClose(async () => {
    stopSchedules()
    await Promise.all([functions.close(), stopMappings(), async.close()])
  })
  return { url: gateway.url, aws, invoke, putEvent: bus.put, resources: attributes, notifications }
}

interface Shared {
  template: Template
  aws: Aws
  onMade: OnMade
  attributes: Attributes
  onError: (error: unknown) => void
  onClose: OnClose
}

/** Two unless the template says more: enough that one slow batch does not hold up the queue. */
const BATCHES_AT_ONCE = 2

function startMappings({ template, aws, attributes, onError }: Shared, invoke: Invoke, maxSandboxes: number) {
  const stops = template.mappings
    .filter(({ enabled }) => enabled)
    .map((mapping) => {
      const queue = { url: attributes.get(mapping.queue) ?? '', arn: attributes.get(`${mapping.queue}.Arn`) ?? '' }
      const concurrency = Math.min(mapping.maximumConcurrency ?? BATCHES_AT_ONCE, maxSandboxes)
      return startMapping(mapping, { sqs: aws.clients.sqs, queue, invoke, concurrency, onError })
    })
  return () => Promise.all(stops.map((stop) => stop()))
}

async function hearTopics(shared: Shared, onNotification: (notification: Notification) => void): Promise<void> {
  const { template, attributes, onClose } = shared
  const subscriptions = template.topics.map(({ id }) => ({ topicArn: attributes.get(id) ?? '', attributes: {} }))
  onClose(await startTopicReader({ ...shared, queueName: 'notifications', subscriptions, onNotification }))
}

async function subscribeFunctions(
  shared: Shared,
  startFunction: (id: string, event: unknown) => unknown,
): Promise<void> {
  const { template, onClose } = shared
  for (const { id, topic, function: functionId, attributes } of template.subscriptions) {
    const topicArn = shared.attributes.get(topic) ?? ''
    const onNotification = (notification: Notification): void => {
      startFunction(functionId, snsEvent(notification, `${topicArn}:${id}`))
    }
    const subscriptions = [{ topicArn, attributes }]
    onClose(await startTopicReader({ ...shared, queueName: id, subscriptions, onNotification }))
  }
}
