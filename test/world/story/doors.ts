import { signStandardWebhook } from '../../../lib/intake/standard-webhooks.ts'
import { world } from '../engine/current.ts'
import type { Ended } from '../engine/lambda.ts'
import { WEBHOOK_SECRET } from './handlers.ts'
import { idOf, type Wish } from './wishes.ts'

/** What a door answered to a wish. */
export interface Heard {
  wish: Wish
  runId: string
}

/** Those who wish, and what they heard. */
export interface Doors {
  send(wish: Wish): void
  heard: Heard[]
  /** Of which a door said that they are cancelled. */
  cancelled: Set<string>
  /** Sends back every letter that is kept, as an operator would who has mended what they died of. */
  sendBack(): void
}

const PATIENCE_MS = 10_000
const TRIES = 4

/** Lambda tries an asynchronous invocation again after one minute, then after two. */
const ASYNC_WAITS_MS = [60_000, 120_000]

/**
 * Sends wishes in through the real handlers. Who hears nothing asks again with the same key; EventBridge does so itself.
 * @param failureQueue where an alarm goes that its function could not take
 */
export function createDoors(failureQueue: string | undefined): Doors {
  const hear = (wish: Wish, body: string): void => {
    const { log, clock, faults } = world()
    // A batch; a run; a conflict that names the run.
    const { id, runs, run } = JSON.parse(body) as { id?: string; runs?: { id: string }[]; run?: string }
    for (const runId of runs?.map((one) => one.id) ?? [id ?? run ?? 'nothing']) {
      log?.note(clock.now(), wish.door, `wish ${wish.number} is accepted as ${runId}`, [runId])
      doors.heard.push({ wish, runId })
      if (faults.happens('wish withdrawn', aboutOf(wish)))
        clock.after(Math.floor(faults.measure(aboutOf(wish)) ** 2 * 300_000), () => withdraw(runId))
    }
  }

  const withdraw = (runId: string): void => {
    const { lambda, log, clock } = world()
    lambda.invoke('api', http('POST', `/runs/${runId}/cancel`, {}, '', { id: runId }), { about: runId }, (ended) => {
      const response = responseOf(ended)
      log?.note(clock.now(), 'api', `cancel of ${runId}: ${response?.statusCode}`, [runId])
      if (response?.statusCode === 200) doors.cancelled.add(runId)
    })
  }

  const ask = (wish: Wish, tries: number): void => {
    const { faults, lambda, clock } = world()
    const about = aboutOf(wish)
    const [name, event] = wish.door === 'api' ? ['api', apiEvent(wish)] : ['receive-webhook', ticketEvent(wish)]
    lambda.invoke(name, event, { about }, (ended) => {
      const response = responseOf(ended)
      const isLost = faults.happens('answer to a wish lost', about)
      const isAnswer = response && (response.statusCode < 300 || response.statusCode === 409)
      if (isAnswer && !isLost) return hear(wish, response.body)
      const mayHelp = !response || response.statusCode >= 500 || isLost
      if (mayHelp && tries < TRIES) clock.after(PATIENCE_MS, () => ask(wish, tries + 1))
    })
  }

  const alarm = (wish: Wish, tries: number): void => {
    const { lambda, clock, queues } = world()
    const event = alarmEvent(wish)
    lambda.invoke('receive-alarm', event, { about: aboutOf(wish) }, (ended) => {
      const waitMs = ASYNC_WAITS_MS[tries]
      if ('response' in ended) {
        const { runId } = ended.response as { runId?: string }
        if (runId) hear(wish, JSON.stringify({ id: runId }))
      } else if (waitMs !== undefined) clock.after(waitMs, () => alarm(wish, tries + 1))
      else if (failureQueue) queues.post(failureQueue, JSON.stringify({ requestPayload: event }))
    })
  }

  const doors: Doors = {
    heard: [],
    cancelled: new Set(),
    sendBack: () => {
      const { table, lambda } = world()
      for (const { id } of table.items().filter(({ kind }) => kind === 'letter')) {
        const letter = String(id).replace('letter:', '')
        const event = http('POST', `/letters/${letter}/resend`, {}, '', { id: letter })
        lambda.invoke('api', event, { about: letter }, () => {})
      }
    },
    send: (wish) => {
      const { faults, clock, log } = world()
      const { number, door, operation, target, params, key } = wish
      const about = aboutOf(wish)
      log?.note(clock.now(), door, `wish ${number} (${key}): ${operation} ${JSON.stringify({ target, params })}`)
      const once = (): void => (door === 'alarm' ? alarm(wish, 0) : ask(wish, 1))
      once()
      if (faults.happens('wish sent twice at once', about)) once()
      if (faults.happens('wish sent again later', about))
        clock.after(Math.floor(faults.measure(about) ** 2 * 1_800_000), once)
    },
  }
  return doors
}

function aboutOf({ number }: Wish): string {
  return `wish ${number}`
}

function responseOf(ended: Ended): { statusCode: number; body: string } | undefined {
  return 'response' in ended ? (ended.response as { statusCode: number; body: string }) : undefined // of the HTTP handlers
}

function http(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
  pathParameters: Record<string, string> = {},
): object {
  return {
    pathParameters,
    version: '2.0',
    rawPath: path,
    headers,
    body,
    isBase64Encoded: false,
    requestContext: { http: { method, path }, authorizer: { iam: { userArn: 'arn:aws:iam::111122223333:user/sim' } } },
  }
}

function wantedBy({ operation, target, more, params, collision }: Wish): object {
  const targets = more.length > 0 ? { targets: [target, ...more] } : { target }
  return { operation, ...targets, params, collision }
}

function apiEvent(wish: Wish): object {
  const { key, number } = wish
  const body = JSON.stringify({ ...wantedBy(wish), reason: `wish ${number}` })
  return http('POST', '/runs', { 'idempotency-key': key }, body)
}

function ticketEvent(wish: Wish): object {
  const { key, number } = wish
  const seconds = Math.floor(world().clock.now() / 1000)
  const data = { ...wantedBy(wish), ticket: `OPS-${number}` }
  const body = JSON.stringify({ type: 'run.requested', data })
  const headers = {
    'webhook-id': key,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signStandardWebhook(WEBHOOK_SECRET, key, seconds, body),
  }
  return { ...http('POST', '/webhooks/generic', headers, body), pathParameters: { source: 'generic' } }
}

function alarmEvent({ operation, target, at, key }: Wish): object {
  const dimensions = { target: idOf(target) }
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    account: '111122223333',
    region: 'eu-west-1',
    resources: [`arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${key}`],
    detail: {
      alarmName: operation,
      state: { value: 'ALARM', reason: 'as this world has it', timestamp: new Date(at).toISOString() },
      previousState: { value: 'OK' },
      configuration: { metrics: [{ metricStat: { metric: { dimensions } } }] },
    },
  }
}
