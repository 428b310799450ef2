import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { signStandardWebhook } from '../../lib/sources/verify/standard-webhooks.ts'
import { alarmEvent } from './alarm-event.ts'
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
}

export interface SenderOptions {
  url: string
  dataDir: string
}

/** A sender that hears nothing tries again after this long. */
const AGAIN_MS = 300

/** Sends a wish until it is heard, by as many senders as it has, and once more later if it says so. */
export async function sendWish(options: SenderOptions, wish: Wish): Promise<Sent> {
  const sent: Sent = { wish, ids: new Set(), refusals: [], unheard: 0 }
  const send = sendBy(options, wish, Date.now())
  await Promise.all(Array.from({ length: wish.copies }, () => sendUntilHeard(send, sent)))
  if (wish.againAfterMs !== undefined) {
    await sleep(wish.againAfterMs)
    await sendUntilHeard(send, sent)
  }
  return sent
}

/** @returns what sends it once. An alarm is the same each time, as EventBridge repeats itself */
function sendBy({ url, dataDir }: SenderOptions, wish: Wish, atMs: number): () => Promise<Answer | undefined> {
  if (wish.door === 'http') return () => post(url, wish)
  if (wish.door === 'webhook') return () => deliver(url, dataDir, wish)
  const event = JSON.stringify(alarmEvent(wish, atMs))
  return () => ask(`${url}/events`, event)
}

async function sendUntilHeard(send: () => Promise<Answer | undefined>, sent: Sent): Promise<void> {
  for (;;) {
    const answer = await send()
    if (answer?.id !== undefined) return void sent.ids.add(answer.id)
    // 202 that names no run: an alarm that is decided later.
    if (answer && answer.status < 500 && answer.status !== 202) {
      return void sent.refusals.push(`${answer.status} ${answer.text}`)
    }
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

function targetOf({ cloud, resource }: Pick<Wish, 'cloud' | 'resource'>): object {
  return cloud === 'dcs' ? { instanceId: resource } : { clusterId: resource, services: [{ name: 'HDFS' }] }
}
