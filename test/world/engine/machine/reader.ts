import { type LocalQueueName, MAX_RECEIVES, type ReceivedMessage } from '../../../../lib/local/sqlite/queue.ts'
import { succeededIds } from '../../../../lib/standalone/queues/batch-result.ts'
import { world } from '../current.ts'
import type { Ended } from '../lambda.ts'
import { recordOf } from '../mappings.ts'
import { runIdsIn } from '../queues.ts'
import { note } from '../request.ts'
import type { Hands } from './hands.ts'
import { isSpared, type Life, nowOf, type Opened, whenAlive } from './life.ts'
import type { Raw } from './watch.ts'

/** How one queue is read. */
export interface Reading {
  queue: LocalQueueName
  /** As it is called in the template. */
  address: string
  function: string
  visibilityMs: number
  /** How often somebody looks whether there is something (ms). */
  everyMs: number
}

export interface Reader {
  /** Looks at that time (epoch ms). */
  wake(at: number): void
}

/** So many of a queue are handled at once. */
const AT_ONCE = 8

/** After an error of the file it waits so long. */
const AGAIN_MS = 1_000

interface Process {
  life: Life
  opened: Opened
  raw: () => Raw | undefined
  die: (why: string) => void
  hands: Pick<Hands, 'received'>
  /** More are waiting than are handled at once. */
  onCrowd: () => void
  /** Something may be among the dead letters. */
  onDead: () => void
}

/** Reads a queue for as long as the process lives: what is due, in order; removes what succeeded, all else comes back. */
export function startReader(reading: Reading, { life, opened, raw, die, hands, onCrowd, onDead }: Process): Reader {
  const { queue, everyMs } = reading
  let [inHand, isLooking, isCrowded] = [0, false, false]
  let looksAt = Number.POSITIVE_INFINITY

  const look = async (): Promise<void> => {
    if (isLooking || inHand >= AT_ONCE) return
    isLooking = true
    isCrowded = false
    try {
      const dueAt = await opened.queue.nextAt(queue)
      if (dueAt === undefined) return
      if (dueAt > nowOf(life)) return wake(inSim(dueAt))
      const toDie = queue.endsWith('-dead-letters') ? [] : wornOut(raw(), queue, nowOf(life))
      const [nowMs, { visibilityMs }] = [nowOf(life), reading]
      const options = { max: AT_ONCE - inHand, nowMs, visibilityMs }
      const messages = await opened.queue.receive(queue, options).finally(() => tellBuried(raw(), queue, toDie))
      if (life.isOver) return
      if (toDie.length > 0) onDead()
      for (const message of messages) hands.received(message, nowMs, nowMs + visibilityMs)
      for (const message of messages) handle(message)
      const next = await opened.queue.nextAt(queue)
      if (next === undefined) return
      if (inHand < AT_ONCE) wake(inSim(next))
      else if (next <= nowOf(life)) isCrowded = true
      if (isCrowded) onCrowd()
    } catch (error) {
      note(`cannot read ${queue}: ${error}`)
      wake(world().clock.now() + AGAIN_MS)
    } finally {
      isLooking = false
    }
  }

  /** By the clock of the world. */
  const inSim = (atMs: number): number => world().clock.now() + atMs - nowOf(life)

  const handle = (message: ReceivedMessage): void => {
    inHand++
    const { sentAtMs: sentAt, ...one } = message
    const runs = runIdsIn(message.body)
    const event = { Records: [recordOf({ ...one, sentAt }, reading.address)] }
    world().lambda.invoke(reading.function, event, { runs, about: runs[0] ?? reading.address }, (ended) => {
      inHand--
      void settle(message, ended)
      // Whoever has a hand free takes what waits, at once.
      if (isCrowded) whenAlive(life, () => void look())
      else wake(world().clock.now())
    })
  }

  const settle = async ({ id, body, receives }: ReceivedMessage, ended: Ended): Promise<void> => {
    if (!('response' in ended) || !succeededIds([id], ended.response).includes(id)) return
    const runs = runIdsIn(body)
    if (!isSpared(life) && world().faults.happens('worker dies before a request', runs[0]))
      return die('dies before it removes a message')
    try {
      await opened.queue.remove([id])
      // A dead letter keeps the id of its message.
      world().witness.deleted(`${reading.address}/${id}/${receives}`, runs)
    } catch (error) {
      note(`cannot remove ${body}: ${error}`, runs)
    }
  }

  const wake = (at: number): void => {
    const { clock } = world()
    const time = Math.max(clock.now(), Math.ceil(at / everyMs) * everyMs)
    if (life.isOver || time >= looksAt) return
    looksAt = time
    clock.at(time, () => {
      if (looksAt !== time) return
      looksAt = Number.POSITIVE_INFINITY
      whenAlive(life, () => void look())
    })
  }
  return { wake }
}

/** What has been received so often that it will be given up. */
function wornOut(raw: Raw | undefined, queue: string, nowMs: number): { id: string; body: string }[] {
  const sql = 'SELECT id, body FROM messages WHERE queue = ? AND visible_at <= ? AND receive_count >= ?'
  return (raw?.all(sql, queue, nowMs, MAX_RECEIVES) ?? []) as { id: string; body: string }[] // of these columns
}

/** What is not there any more was given up: it must be kept, and told. */
function tellBuried(raw: Raw | undefined, queue: string, some: readonly { id: string; body: string }[]): void {
  for (const { id, body } of some) {
    const isStill = raw?.get('SELECT 1 FROM messages WHERE id = ? AND queue = ?', id, queue)
    if (isStill) continue
    note(`${body} came too often, and goes to the dead letters`, runIdsIn(body))
    world().witness.buried(body, runIdsIn(body))
  }
}
