import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { signStandardWebhook } from '../../lib/intake/verify/standard-webhooks.ts'
import { alarmEvent, runIdOf } from './alarm-event.ts'
import { type Answer, ask } from './ask.ts'
import type { Wish } from './wishes.ts'

/** What became of a wish at the door. */
export interface Sent {
  wish: Wish
  /** The ids that the product gave, over all times that it was sent: one, if all is well. */
  ids: Set<string>
  /** Answers that no sender tries again after. */
  refusals: string[]
  /** Times that it was sent again because nothing was heard. */
  unheard: number
  /** Times that it was answered 202, and no run showed: the local event bus holds in memory what it has taken. */
  lost: number
}

export interface SenderOptions {
  url: string
  dataDir: string
}

/** A sender that hears nothing tries again after this long. */
const AGAIN_MS = 300
/** An alarm is taken on after it was answered; one that has no run after this long is sent again. */
const ALARM_MS = 8_000

/** Sends a wish until it is heard, by as many senders as it has, and once more later if it says so. */
export async function sendWish(options: SenderOptions, wish: Wish): Promise<Sent> {
  const sent: Sent = { wish, ids: new Set(), refusals: [], unheard: 0, lost: 0 }
  const once = wish.door === 'alarm' ? alarmSender(options, sent, Date.now()) : () => sendUntilHeard(options, sent)
  await Promise.all(Array.from({ length: wish.copies }, once))
  if (wish.againAfterMs !== undefined) {
    await sleep(wish.againAfterMs)
    await once()
  }
  return sent
}

async function sendUntilHeard({ url, dataDir }: SenderOptions, sent: Sent): Promise<void> {
  for (;;) {
    const answer = sent.wish.door === 'http' ? await post(url, sent.wish) : await deliver(url, dataDir, sent.wish)
    if (answer?.id !== undefined) return void sent.ids.add(answer.id)
    if (answer && answer.status < 500) return void sent.refusals.push(`${answer.status} ${answer.text}`)
    sent.unheard++
    await sleep(AGAIN_MS)
  }
}

function post(url: string, { key, operation, resource, cloud, params }: Wish): Promise<Answer | undefined> {
  const body = { operation, target: targetOf({ cloud, resource }), reason: 'a soak', ...(params ? { params } : {}) }
  return ask(`${url}/runs`, JSON.stringify(body), { 'idempotency-key': key })
}

/** Signed anew each time, as the signature has the time in it. Nothing is sent before the secret is there. */
async function deliver(
  url: string,
  dataDir: string,
  { key, operation, resource, cloud, params }: Wish,
): Promise<Answer | undefined> {
  const secret = secretOf(dataDir)
  if (secret === undefined) return undefined
  const data = { operation, target: targetOf({ cloud, resource }), ticket: key, ...(params ? { params } : {}) }
  const body = JSON.stringify({ type: 'run.requested', data })
  const headers = signStandardWebhook(secret, body, { id: key, atMs: Date.now() })
  return ask(`${url}/webhooks/generic`, body, headers)
}

function secretOf(dataDir: string): string | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'webhook-secrets.json'), 'utf8')).WEBHOOK_GENERIC_SECRETS
  } catch {
    return undefined
  }
}

/** An alarm's answer names no run, so it is looked for; it is the same alarm each time, as EventBridge repeats itself. */
function alarmSender({ url }: SenderOptions, sent: Sent, atMs: number): () => Promise<void> {
  const event = alarmEvent(sent.wish, atMs)
  const id = runIdOf(event, atMs)
  return async () => {
    for (;;) {
      const answer = await ask(`${url}/events`, JSON.stringify(event))
      if (answer?.status === 202 && (await appears(`${url}/runs/${id}`))) return void sent.ids.add(id)
      if (answer && answer.status < 500 && answer.status !== 202) {
        return void sent.refusals.push(`${answer.status} ${answer.text}`)
      }
      if (answer?.status === 202) sent.lost++
      else sent.unheard++
      await sleep(AGAIN_MS)
    }
  }
}

async function appears(url: string): Promise<boolean> {
  for (const until = Date.now() + ALARM_MS; Date.now() < until; await sleep(AGAIN_MS)) {
    if ((await ask(url))?.status === 200) return true
  }
  return false
}

function targetOf({ cloud, resource }: Pick<Wish, 'cloud' | 'resource'>): object {
  return cloud === 'dcs' ? { instanceId: resource } : { clusterId: resource, services: [{ name: 'HDFS' }] }
}
