import type { Call } from '../cloud/call.ts'
import type { Service } from '../cloud/service.ts'
import type { DeadLetter, Sender } from './dead-letter.ts'
import type { Delivery, Refusal } from './delivery.ts'
import type { Attempt, Clearance, Notice, UsedUp } from './lease/tally.ts'
import type { Message, QueueName } from './messages.ts'
import type { Holder, Run, Source } from './run.ts'
import type { State } from './states.ts'

/** All that a run needs of the world. `lib/aws` implements it; a simulation may, too. */
export interface Ports {
  store: Store
  queue: Queue
  publisher: Publisher
  clock: Clock
  random: Random
  call: Call
  log: Log
  /** Of those who take requests, where they know the accounts. */
  refusePlace?: RefusePlace
}

/** What is needed to keep a run's record, send its messages and tell its end: all but asking a cloud. */
export type RecordPorts = Omit<Ports, 'call' | 'random'>

/** The durable table. Every write is one conditional write of one item. */
export interface Store {
  /** Puts a new run unless its id is taken. @returns the run that has the id already, else undefined */
  create(run: Run): Promise<Run | undefined>
  get(id: string): Promise<Run | undefined>
  /** Puts the run if the stored version is one less than its own. @returns false if somebody else was faster */
  save(run: Run): Promise<boolean>
  /** Ids of runs whose `dueAt` has passed by `now` (ISO 8601), most overdue first, a page at a time. */
  due(page: Page & { now: string }): Promise<{ ids: string[]; cursor?: string }>
  /** When the last whole sweep began, by the clock of its host (ISO 8601). */
  lastSweep(): Promise<string | undefined>
  noteSweep(at: string): Promise<void>
  /** Newest first. `cursor` is opaque and belongs to the same filter. */
  list(filter: ListFilter): Promise<{ runs: Run[]; cursor?: string }>
  /** Newest first. */
  listDeadLetters(page: Page): Promise<{ deadLetters: DeadLetter[]; cursor?: string }>
  /** The lease of a resource, held or free; undefined where nobody ever asked for it. */
  getLease(resource: string): Promise<Lease | undefined>
  /** Puts the lease if the stored version is one less than its own (1 = there is none yet). @returns false if somebody else was faster */
  saveLease(lease: Lease): Promise<boolean>
  /** Keeps a letter unless its id is taken. @returns the letter that has the id already, else undefined */
  createDeadLetter(deadLetter: DeadLetter): Promise<DeadLetter | undefined>
  getDeadLetter(messageId: string): Promise<DeadLetter | undefined>
  /** Puts a letter that is kept. @returns false if it is not there any more */
  saveDeadLetter(deadLetter: DeadLetter): Promise<boolean>
  /** Keeps what came in, and what became of it. It replaces what was there under its id, unless that alone names runs. */
  keepDelivery(received: Delivery): Promise<void>
  getDelivery(id: string): Promise<Delivery | undefined>
  /** Newest first. */
  listDeliveries(page: Page & { source?: string | undefined }): Promise<{ deliveries: Delivery[]; cursor?: string }>
}

export interface Page {
  limit: number
  /** Opaque; belongs to the filter that it came with. */
  cursor?: string | undefined
}

/** What is not given lets all through. */
export interface ListFilter extends Page {
  /** Any of these. */
  state?: readonly State[] | undefined
  operation?: string | undefined
  source?: Source['kind'] | undefined
  /** Any of these. */
  resource?: readonly string[] | undefined
  batchId?: string | undefined
  /** Created at this instant or later (ISO 8601, UTC, to the millisecond). */
  since?: string | undefined
  /** Created before this instant. */
  until?: string | undefined
}

/** A run's exclusive hold on a resource, and who waits for it. */
export interface Lease {
  resource: string
  /** Who took it last; whether it is still held, the record of that run says. */
  holder?: Holder | undefined
  /** When it may be taken from a run that has ended without knowing whether the provider's work has (ISO 8601). */
  until: string
  /** The resource is seen at rest, though such a run still has it: since when, when it was last seen so, and how often. */
  rest?: { since: string; seenAt: string; looks: number } | undefined
  /** Ids of runs that wait for it, first come, first served: in the order in which they were asked for. */
  waiting: string[]
  /** Runs that had it before and were sent, the newest last. Undefined where another release wrote the lease. */
  history?: Past[] | undefined
  /** Runs under limits that took it, the newest last. A rule has a lease that nobody holds, for these alone. */
  attempts?: Attempt[] | undefined
  /** Which limits people were told are used up, the newest last. */
  notices?: Notice[] | undefined
  /** When somebody opened the limits, the newest last. */
  clearances?: Clearance[] | undefined
  version: number
}

/** What a resource remembers of a run that had it (instants ISO 8601). */
export type Past = Pick<Run, 'id' | 'operation' | 'state' | 'sentAt' | 'endedAt'>

export interface Queue {
  /** @param delaySeconds whole seconds, 0 to 900 */
  send(queue: QueueName, message: Message, delaySeconds: number): Promise<void>
  /** Sends many at once, without delay. @returns those that were not taken */
  sendAll(queue: QueueName, messages: Message[]): Promise<Message[]>
  /** Sends the text of a message as it is, without delay. */
  sendBack(to: Sender, body: string): Promise<void>
}

export interface Publisher {
  /** Tells the topic how the run ended; the same run gives the same message id however often. */
  runEnded(run: Run): Promise<void>
  /** Tells the topic that a message was given up; the same letter gives the same message id however often. */
  messageDeadLettered(deadLetter: DeadLetter): Promise<void>
  /** Tells the topic that a rule wanted a run of what came in, and why there is none; the same thing gives the same message id. */
  requestRefused(refusal: Refusal): Promise<void>
  /** Tells the topic that a limit is used up; for the same runs it gives the same message id. */
  limitReached(reached: UsedUp & { reason: string; at: string }): Promise<void>
}

/** Why no run can go to a place: no such account, no project of it there, no known host. Undefined where one may, or nobody knows now. */
export type RefusePlace = (
  service: Service,
  place: { account?: string | undefined; region: string },
) => Promise<{ field: 'account' | 'region'; message: string } | undefined>

/** Epoch ms. */
export type Clock = () => number

/** Uniform in [0, 1). */
export type Random = () => number

/** One structured line. Fields never hold credentials, signatures or webhook bodies. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void
