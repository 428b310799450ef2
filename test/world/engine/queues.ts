import { whole } from './chance.ts'
import { acting, type Lineage, world } from './current.ts'
import { note, request } from './request.ts'
import type { QueueSettings } from './template.ts'

/** A message in a queue. */
export interface Letter {
  id: string
  body: string
  runIds: string[]
  lineage: Lineage
  sentAt: number
  visibleAt: number
  receives: number
}

export interface Queue {
  name: string
  settings: QueueSettings
  letters: Letter[]
  /** Told when a message may be received at that time. */
  onVisible: (at: number) => void
}

export interface SendEntry {
  MessageBody: string
  DelaySeconds?: number | undefined
}

export interface Queues {
  all: ReadonlyMap<string, Queue>
  send(url: string, entry: SendEntry): Promise<object>
  sendBatch(url: string, entries: (SendEntry & { Id: string })[]): Promise<object>
  /** Puts a message in without any client, as AWS itself does. */
  post(queue: string, body: string, lineage?: Lineage): void
  purge(queue: string): void
  sent: number
}

/** The queues of the template: what is sent may be lost, doubled, late. */
export function createQueues(settings: ReadonlyMap<string, QueueSettings>): Queues {
  const all = new Map<string, Queue>()
  for (const [name, one] of settings) all.set(name, { name, settings: one, letters: [], onVisible: () => {} })

  const put = (queue: Queue, body: string, lineage: Lineage, visibleAt: number): void => {
    const { clock, nextId } = world()
    const id = `message-${nextId()}`
    queue.letters.push({ id, body, runIds: runIdsIn(body), lineage, sentAt: clock.now(), visibleAt, receives: 0 })
    queue.onVisible(visibleAt)
  }

  /** What SQS took on; on its way to those who receive. */
  const deliver = (queue: Queue, { MessageBody, DelaySeconds = 0 }: SendEntry): void => {
    const { faults, clock } = world()
    const lineage = acting().message?.lineage ?? {}
    const at = clock.now() + DelaySeconds * 1000
    queues.sent++
    world().witness.posted(MessageBody, acting())
    note(`sends ${MessageBody} to ${queue.name} in ${DelaySeconds} s`, runIdsIn(MessageBody))
    if (faults.happens('message lost')) {
      note('which is lost', runIdsIn(MessageBody))
      return
    }
    const late = faults.happens('message late') ? whole(600_000, () => faults.measure()) : 0
    put(queue, MessageBody, lineage, at + late)
    if (!faults.happens('message doubled')) return
    note('which is doubled', runIdsIn(MessageBody))
    put(queue, MessageBody, lineage, at + whole(200_000, () => faults.measure()))
  }

  const queueAt = (url: string): Queue => {
    const queue = all.get(url.split('/').at(-1) ?? '')
    if (!queue) throw refusal(`QueueDoesNotExist: ${url}`)
    return queue
  }

  const queues: Queues = {
    all,
    sent: 0,
    send: (url, entry) => {
      check(entry)
      const queue = queueAt(url)
      return request('queue', `send ${entry.MessageBody}`, () => {
        world().meter?.used({ kind: 'send', bodies: [entry.MessageBody] })
        deliver(queue, entry)
        return {}
      })
    },
    sendBatch: (url, entries) => {
      if (entries.length < 1 || entries.length > MAX_BATCH)
        throw refusal(`TooManyEntriesInBatchRequest: ${entries.length}`)
      if (new Set(entries.map(({ Id }) => Id)).size < entries.length) throw refusal('BatchEntryIdsNotDistinct')
      for (const entry of entries) check(entry)
      const queue = queueAt(url)
      return request('queue', `send ${entries.length} messages`, () => {
        world().meter?.used({ kind: 'send', bodies: entries.map(({ MessageBody }) => MessageBody) })
        const answer: { Successful: object[]; Failed: object[] } = { Successful: [], Failed: [] }
        for (const entry of entries) {
          const { Id } = entry
          if (world().faults.happens('queue takes a part of the batch')) {
            note(`of the batch is not taken: ${entry.MessageBody}`, runIdsIn(entry.MessageBody))
            answer.Failed.push({ Id, Code: 'InternalError', SenderFault: false })
          } else {
            deliver(queue, entry)
            answer.Successful.push({ Id })
          }
        }
        return answer
      })
    },
    post: (name, body, lineage = {}) => {
      const queue = all.get(name)
      if (queue) put(queue, body, lineage, world().clock.now())
    },
    purge: (name) => {
      const queue = all.get(name)
      if (!queue) return
      const lost = queue.letters.flatMap(({ runIds }) => runIds)
      queue.letters = []
      note(`${name} is purged`, lost)
    },
  }
  return queues
}

const MAX_BATCH = 10
const MAX_BYTES = 1_048_576

/** What SQS refuses. */
function check({ MessageBody, DelaySeconds = 0 }: SendEntry): void {
  const inRange = Number.isInteger(DelaySeconds) && DelaySeconds >= 0 && DelaySeconds <= 900
  if (!inRange) throw refusal(`InvalidParameterValue: DelaySeconds ${DelaySeconds}`)
  if (MessageBody.length === 0 || MessageBody.length > MAX_BYTES) throw refusal('InvalidMessageContents')
}

/** An error that no repeat can cure: a mistake of ours. */
export function refusal(why: string): Error {
  world().witness.refused(why)
  return new Error(why)
}

const RUN = /run_[0-9a-f]{32}/g

export function runIdsIn(text: string): string[] {
  return [...new Set(text.match(RUN))]
}
