import { succeededIds } from '../../deployed/queues/batch-result.ts'
import type { Lineage } from './current.ts'
import { world } from './current.ts'
import type { Ended } from './lambda.ts'
import type { Letter, Queue } from './queues.ts'
import { note } from './request.ts'
import { type Mapping, queueArn } from './template.ts'

/** AWS cuts a chain of messages after about so many turns through one function. */
const MAX_TURNS = 16

/**
 * Reads a queue for a function, as Lambda's event-source mapping does: batches, in no order, several at a time; deletes
 * what succeeded; what failed comes back when its visibility ends, and goes to the dead letters when it came too often.
 * @param everyMs how often its pollers look: what comes in between makes a batch
 * @param mayLoop whether the function may run on and on in a loop
 */
export function startMapping(mapping: Mapping, queue: Queue, everyMs: number, mayLoop: boolean): void {
  let inFlight = 0
  /** When it looks next, as far as that is arranged. */
  let looksAt = Number.POSITIVE_INFINITY

  const look = (): void => {
    const { clock, hangs } = world()
    looksAt = Number.POSITIVE_INFINITY
    const hangsUntil = hangs.until('queue')
    if (hangsUntil !== undefined) {
      arrange(hangsUntil)
      return
    }
    while (inFlight < mapping.concurrency) {
      const batch = receive(queue, mapping, mayLoop)
      if (batch.length === 0) break
      inFlight++
      const event = { Records: batch.map((letter) => recordOf(letter, queue.name)) }
      const lineages = lineagesOf(batch, mapping.function)
      const runs = batch.flatMap(({ runIds }) => runIds)
      world().lambda.invoke(mapping.function, event, { lineages, runs, subject: runs[0] ?? queue.name }, (ended) => {
        inFlight--
        settle(mapping, queue, batch, ended)
        arrange(clock.now())
      })
    }
    if (inFlight < mapping.concurrency) arrangeNext()
  }
  const arrange = (at: number): void => {
    const { clock } = world()
    const waitMs = isFull(queue, mapping, at) ? 0 : mapping.windowMs
    const time = Math.max(clock.now(), Math.ceil((at + waitMs) / everyMs) * everyMs)
    if (time >= looksAt) return
    looksAt = time
    clock.at(time, () => {
      if (looksAt === time) look()
    })
  }
  const arrangeNext = (): void => {
    const next = queue.letters.reduce((least, { visibleAt }) => Math.min(least, visibleAt), Number.POSITIVE_INFINITY)
    if (next < Number.POSITIVE_INFINITY) arrange(next)
  }
  queue.onVisible = arrange
}

function isFull({ letters }: Queue, { batchSize }: Mapping, at: number): boolean {
  return letters.length >= batchSize && letters.filter(({ visibleAt }) => visibleAt <= at).length >= batchSize
}

/** Takes a batch: hidden for the visibility time-out, counted; what came too often, or went round too often, goes. */
function receive(queue: Queue, { batchSize, function: name }: Mapping, mayLoop: boolean): Letter[] {
  const { clock, faults, chance } = world()
  const now = clock.now()
  const visible = queue.letters.filter(({ visibleAt }) => visibleAt <= now)
  if (visible.length > 1 && faults.happens('messages out of order', queue.name))
    shuffle(visible, () => chance('order', queue.name))
  const batch: Letter[] = []
  for (const letter of visible) {
    if (batch.length === batchSize) break
    const { redrive, retentionMs, visibilityMs } = queue.settings
    letter.receives++
    letter.visibleAt = now + visibilityMs
    if (now - letter.sentAt > retentionMs) remove(queue, letter)
    else if (redrive && letter.receives > redrive.maxReceives) moveToDead(queue, letter, 'came too often')
    else if (!mayLoop && (letter.lineage[name] ?? 0) >= MAX_TURNS) {
      world().witness.refused(`${letter.body} went through ${name} ${MAX_TURNS} times, and is cut as a loop`)
      moveToDead(queue, letter, 'went round too often')
    } else if (redrive && faults.happens('message given up', letter.runIds[0]))
      moveToDead(queue, letter, 'was not taken')
    else batch.push(letter)
  }
  if (batch.length > 0) world().meter?.used({ kind: 'receive', bodies: batch.map(({ body }) => body) })
  return batch
}

function settle({ partial }: Mapping, queue: Queue, batch: Letter[], ended: Ended): void {
  if (!('response' in ended)) return
  const ids = batch.map(({ id }) => id)
  // What cannot be deleted comes again.
  if (world().hangs.until('queue') !== undefined) return
  const done = partial ? succeededIds(ids, ended.response) : ids
  if (done.length > 0) world().meter?.used({ kind: 'delete', messages: done.length })
  for (const letter of batch.filter(({ id }) => done.includes(id))) {
    world().witness.deleted(`${queue.name}/${letter.id}/${letter.receives}`, letter.runIds)
    if (!world().faults.happens('message comes back though deleted', letter.runIds[0])) remove(queue, letter)
  }
}

function remove(queue: Queue, letter: Letter): void {
  const index = queue.letters.indexOf(letter)
  if (index >= 0) queue.letters.splice(index, 1)
}

function moveToDead(queue: Queue, letter: Letter, why: string): void {
  remove(queue, letter)
  note(`${letter.body} ${why}, and goes to the dead letters`, letter.runIds)
  world().witness.deadLetters(letter.body, letter.runIds)
  if (queue.settings.redrive) world().queues.post(queue.settings.redrive.queue, letter.body, letter.lineage)
}

function recordOf({ id, body, receives, sentAt }: Letter, queue: string): object {
  return {
    messageId: id,
    receiptHandle: `${id}/${receives}`,
    body,
    attributes: { ApproximateReceiveCount: String(receives), SentTimestamp: String(sentAt) },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn(queue),
    awsRegion: 'eu-west-1',
  }
}

/** What messages carry on that are sent while these are handled: one turn more of this function. */
function lineagesOf(batch: Letter[], name: string): Lineage[] {
  return batch.map(({ lineage }) => ({ ...lineage, [name]: (lineage[name] ?? 0) + 1 }))
}

function shuffle(items: unknown[], random: () => number): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[items[index], items[other]] = [items[other], items[index]]
  }
}
