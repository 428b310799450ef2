import { signStandardWebhook } from '../../../lib/sources/verify/standard-webhooks.ts'
import { whole } from '../engine/chance.ts'
import { world } from '../engine/current.ts'
import type { Ended } from '../engine/lambda.ts'
import { alarmEvent } from './alarm-event.ts'
import { WEBHOOK_SECRET } from './handlers.ts'
import { mayBeRefused } from './watch/transitions.ts'
import type { Wish } from './wishes.ts'

/** What a door answered to a wish. */
export interface Heard {
  wish: Wish
  runId: string
}

/** What a named alarm said, each time that this was taken in: when it was sent, and when that was answered. */
export interface Word {
  wish: Wish
  sentAt: number
  heardAt: number
}

/** Somebody pauses new sends for so long (ms): then he takes that back, or it lapses. */
export interface PauseWish {
  key: string
  scope: string
  forMs: number
  lapses?: boolean
}

/** Those who wish, and what they heard. */
export interface Doors {
  send(wish: Wish): void
  pause(wish: PauseWish): void
  /** Somebody sends one of the dead letters back. */
  resend(): void
  heard: Heard[]
  /** Alarms that were told, each time. */
  alarms: Wish[]
  words: Word[]
  /** Number of an alarm's request -> what each of its deliveries was answered. */
  answers: ReadonlyMap<number, { at: number; body: string }[]>
  /** Runs that were withdrawn, as was said. */
  cancelled: string[]
  /** Wishes that no door took in, and what was answered last. */
  turnedAway: string[]
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
  const answers = new Map<number, { at: number; body: string }[]>()

  const hear = (wish: Wish, body: string): void => {
    const { log, clock } = world()
    for (const id of runsIn(JSON.parse(body))) {
      log?.note(clock.now(), wish.door, `wish ${wish.number} is accepted as ${id}`, [id])
      // A later step of its trouble was not what it asked for.
      if (wish.alarm && world().table.item(id)?.operation !== wish.operation) continue
      doors.heard.push({ wish, runId: id })
      if (wish.cancelAfterMs !== undefined) clock.after(wish.cancelAfterMs, () => cancel(id, 1))
      if (wish.cancelAt !== undefined) clock.at(wish.cancelAt, () => cancel(id, 1))
    }
  }

  const cancel = (id: string, tries: number): void => {
    const { lambda, clock, log } = world()
    const event = { ...http(['POST', `/runs/${id}/cancel`, '/runs/{id}/cancel'], {}, ''), pathParameters: { id } }
    lambda.invoke('api', event, { subject: id, runs: [id] }, (ended) => {
      const response = responseOf(ended)
      log?.note(clock.now(), 'api', `cancelling it is answered with ${response?.statusCode}`, [id])
      if (response?.statusCode === 200) doors.cancelled.push(id)
      else if ((response?.statusCode ?? 500) >= 500 && tries < TRIES)
        clock.after(PATIENCE_MS, () => cancel(id, tries + 1))
    })
  }

  const ask = (wish: Wish, tries: number): void => {
    const { faults, lambda, clock } = world()
    const subject = aboutOf(wish)
    const [name, event] = wish.door === 'api' ? ['api', apiEvent(wish)] : ['receive-webhook', ticketEvent(wish)]
    lambda.invoke(name, event, { subject }, (ended) => {
      const response = responseOf(ended)
      const isLost = faults.happens('answer to a wish lost', subject)
      if (response && response.statusCode < 300 && !isLost) return hear(wish, response.body)
      const mayHelp = !response || response.statusCode >= 500 || isLost
      if (mayHelp && tries < TRIES) clock.after(PATIENCE_MS, () => ask(wish, tries + 1))
      // Refused for another's sake, or its key was used: that is an answer.
      else if (![409, 422].includes(response?.statusCode ?? 0))
        doors.turnedAway.push(`${subject}: ${response?.statusCode}`)
    })
  }

  const alarm = (wish: Wish, tries: number): void => {
    const { lambda, clock, queues } = world()
    const event = alarmEvent(wish)
    const sentAt = clock.now()
    lambda.invoke('receive-alarm', event, { subject: aboutOf(wish) }, (ended) => {
      const waitMs = ASYNC_WAITS_MS[tries]
      if ('response' in ended) {
        const body = JSON.stringify(ended.response)
        answers.set(wish.number, [...(answers.get(wish.number) ?? []), { at: clock.now(), body }])
        if (wish.alarm) doors.words.push({ wish, sentAt, heardAt: clock.now() })
        // The episode of its trouble has the answer, or there is none.
        const isAnswered = wish.alarm || runsIn(JSON.parse(body)).length > 0 || mayBeRefused(world(), wish, body)
        if (!isAnswered) doors.turnedAway.push(`${aboutOf(wish)}: ${body}`)
        hear(wish, body)
      } else if (waitMs !== undefined) clock.after(waitMs, () => alarm(wish, tries + 1))
      else if (failureQueue) queues.post(failureQueue, JSON.stringify({ requestPayload: event }))
    })
  }

  const resend = (): void => {
    const { lambda, table, log, clock, chance } = world()
    const letters = table.items().filter(({ kind, sentBackAt }) => kind === 'letter' && !sentBackAt)
    const id = letters[whole(letters.length, () => chance('order', 'letters'))]?.messageId
    if (typeof id !== 'string') return
    const event = {
      ...http(['POST', `/dead-letters/${id}/resend`, '/dead-letters/{id}/resend'], {}, ''),
      pathParameters: { id },
    }
    log?.note(clock.now(), 'api', `letter ${id} is to be sent back`)
    lambda.invoke('api', event, { subject: id }, () => {})
  }

  const pause = ({ key, scope, forMs, lapses }: PauseWish): void => {
    const until = lapses ? new Date(world().clock.now() + forMs).toISOString() : undefined
    askForPause(key, JSON.stringify({ scope, reason: key, until }), lapses ? undefined : forMs)
  }

  const askForPause = (key: string, body: string, forMs: number | undefined): void => {
    const { lambda, clock, witness } = world()
    lambda.invoke('api', http(['POST', '/pauses'], { 'idempotency-key': key }, body), { subject: key }, (ended) => {
      const { statusCode, body: said = '' } = responseOf(ended) ?? { statusCode: 500 }
      if (statusCode >= 500) clock.after(PATIENCE_MS, () => askForPause(key, body, forMs))
      // Nobody was heard until it was over.
      else if (statusCode >= 300 && forMs !== undefined) witness.broken('a pause is taken in', said)
      else if (forMs !== undefined) clock.after(forMs, () => unpause(String((JSON.parse(said) as { id: string }).id)))
    })
  }

  const unpause = (id: string): void => {
    const { lambda, clock } = world()
    const event = { ...http(['DELETE', `/pauses/${id}`, '/pauses/{id}'], {}, ''), pathParameters: { id } }
    lambda.invoke('api', event, { subject: id }, (ended) => {
      // Whoever heard no answer finds none any more.
      if ((responseOf(ended)?.statusCode ?? 500) >= 500) clock.after(PATIENCE_MS, () => unpause(id))
    })
  }

  const doors: Doors = {
    resend,
    pause,
    heard: [],
    alarms: [],
    words: [],
    answers,
    cancelled: [],
    turnedAway: [],
    send: (wish) => {
      const { faults, clock, log } = world()
      const { number, door, operation, targets, params, collision, key } = wish
      const subject = aboutOf(wish)
      log?.note(
        clock.now(),
        door,
        `wish ${number} (${key}): ${operation} ${JSON.stringify({ targets, params, collision })}`,
      )
      if (door === 'alarm') doors.alarms.push(wish)
      const once = (): void => (door === 'alarm' ? alarm(wish, 0) : ask(wish, 1))
      once()
      if (faults.happens('wish sent twice at once', subject)) once()
      if (faults.happens('wish sent again later', subject))
        clock.after(Math.floor(faults.measure(subject) ** 2 * 1_800_000), once)
    },
  }
  return doors
}

/** One run, a batch of them, or what became of a webhook or an alarm. */
type Told = { id: string } | { runs: { id: string }[] } | { results: { runs?: string[] }[] }

function runsIn(told: Told): string[] {
  if ('results' in told) return told.results.flatMap(({ runs = [] }) => runs)
  return 'runs' in told ? told.runs.map(({ id }) => id) : [told.id]
}

function aboutOf({ number }: Wish): string {
  return `wish ${number}`
}

function responseOf(ended: Ended): { statusCode: number; body: string } | undefined {
  return 'response' in ended ? (ended.response as { statusCode: number; body: string }) : undefined // of the HTTP handlers
}

/** @param route as the gateway knows it, where that is not the path itself */
function http(
  [method, path, route = path]: [method: string, path: string, route?: string],
  headers: Record<string, string>,
  body: string,
): object {
  return {
    version: '2.0',
    routeKey: `${method} ${route}`,
    rawPath: path,
    headers,
    body,
    isBase64Encoded: false,
    requestContext: { http: { method, path }, authorizer: { iam: { userArn: 'arn:aws:iam::111122223333:user/sim' } } },
  }
}

/** In the words of the doors. */
function wanted({ operation, targets, params, collision }: Wish): object {
  const [target, ...others] = targets
  return { operation, ...(others.length > 0 ? { targets } : { target }), params, collision }
}

function apiEvent(wish: Wish): object {
  const { key, number } = wish
  const body = JSON.stringify({ ...wanted(wish), reason: `wish ${number}` })
  return http(['POST', '/runs'], { 'idempotency-key': key }, body)
}

function ticketEvent(wish: Wish): object {
  const { key, number } = wish
  const data = { ...wanted(wish), ticket: `OPS-${number}` }
  const body = JSON.stringify({ type: 'run.requested', data })
  const headers = signStandardWebhook(WEBHOOK_SECRET, body, { id: key, atMs: world().clock.now() })
  return {
    ...http(['POST', '/webhooks/generic', '/webhooks/{source}'], headers, body),
    pathParameters: { source: 'generic' },
  }
}
