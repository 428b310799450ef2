import type { Call } from '../cloud/call.ts'
import type { Service } from '../cloud/service.ts'
import type { DeadLetter, Sender } from './dead-letter.ts'
import type { Delivery, RefusedRequest } from './delivery.ts'
import type { Document } from './document.ts'
import type { Durations } from './durations/durations.ts'
import type { Announcement } from './guards/announcement.ts'
import type { GuardSettings } from './guards/settings.ts'
import type { Message, QueueName } from './messages.ts'
import type { Holder, Run, Source } from './run.ts'
import type { State } from './states.ts'
import type { Attempt, Clearance, Notice, UsedUp } from './tally.ts'

/** Everything that the engine needs from outside. `lib/aws` and `lib/local` implement it; so does the simulation. */
export interface Ports {
  store: Store
  queue: Queue
  publisher: Publisher
  clock: Clock
  random: Random
  call: Call
  log: Log
  /** The guards of the rules in force; the built-in ones unless given. */
  guards?: GuardSettings
  /** Present in functions that accept requests and know the accounts. */
  checkLocation?: CheckLocation
}

/** The ports that keep a run's record, send its messages and publish its end: all but the call to a cloud. */
export type RecordPorts = Omit<Ports, 'call' | 'random'>

/** The durable table. Every write is one conditional write of one item. */
export interface Store {
  /** Puts a new run unless its id is taken. @returns the run that has the id already, else undefined */
  create(run: Run): Promise<Run | undefined>
  get(id: string): Promise<Run | undefined>
  /** Puts the run if the stored version is one less than its own. @returns false if another worker was faster */
  save(run: Run): Promise<boolean>
  /** Ids of runs whose `dueAt` has passed by `now` (ISO 8601), most overdue first, a page at a time. */
  due(page: Page & { now: string }): Promise<{ ids: string[]; cursor?: string }>
  /** When the last whole sweep began, by the clock of its host (ISO 8601). */
  lastSweep(): Promise<string | undefined>
  noteSweep(at: string): Promise<void>
  /** Newest first; a large baseline may be left out. `cursor` is opaque and belongs to the same filter. */
  list(filter: ListFilter): Promise<{ runs: Run[]; cursor?: string }>
  /** Newest first. */
  listDeadLetters(page: Page): Promise<{ deadLetters: DeadLetter[]; cursor?: string }>
  /** The lease of a resource, held or free; undefined where nobody ever requested it. */
  getLease(resource: string): Promise<Lease | undefined>
  /** Puts the lease if the stored version is one less than its own (1 = there is none yet). @returns false if another worker was faster */
  saveLease(lease: Lease): Promise<boolean>
  /** How long the runs of one kind took; undefined where none ended yet. It may be minutes old, unless it must be fresh. */
  getDurations(key: string, how?: { isFresh: boolean }): Promise<Durations | undefined>
  /** Puts them if the stored version is one less than their own (1 = there are none yet). @returns false if another worker was faster */
  saveDurations(durations: Durations): Promise<boolean>
  /** A document with all its fields; undefined where nobody made it. */
  getDocument(id: string): Promise<Document | undefined>
  /** Puts it if the stored version is one less than its own (1 = there is none yet). @returns false if another worker was faster */
  saveDocument(document: Document): Promise<boolean>
  /** Newest first. @param listedAs any of these */
  listDocuments(
    page: Page & { kind: Document['kind']; listedAs: readonly string[] },
  ): Promise<{ documents: Document[]; cursor?: string }>
  /** Ids of documents whose `dueAt` has passed by `now` (ISO 8601), most overdue first, a page at a time. */
  dueDocuments(page: Page & { now: string }): Promise<{ ids: string[]; cursor?: string }>
  /** Keeps a dead letter unless its id is taken. @returns the one that has the id already, else undefined */
  createDeadLetter(deadLetter: DeadLetter): Promise<DeadLetter | undefined>
  getDeadLetter(messageId: string): Promise<DeadLetter | undefined>
  /** Replaces a dead letter. @returns false if it is not stored any more */
  saveDeadLetter(deadLetter: DeadLetter): Promise<boolean>
  /** Keeps a delivery with its results. It replaces the one under its id, unless only that one names runs. */
  keepDelivery(delivery: Delivery): Promise<void>
  getDelivery(id: string): Promise<Delivery | undefined>
  /** Newest first. */
  listDeliveries(page: Page & { source?: string | undefined }): Promise<{ deliveries: Delivery[]; cursor?: string }>
}

export interface Page {
  limit: number
  /** Opaque; belongs to the filter that it came with. */
  cursor?: string | undefined
}

/** A field that is absent lets all through. */
export interface ListFilter extends Page {
  /** Any of these. */
  state?: readonly State[] | undefined
  operation?: string | undefined
  sourceKind?: Source['kind'] | undefined
  /** Name of the source, e.g. `cloudwatch` or `api`. */
  source?: string | undefined
  /** Any of these. */
  resource?: readonly string[] | undefined
  batchId?: string | undefined
  /** Created at this instant or later (ISO 8601, UTC, to the millisecond). */
  since?: string | undefined
  /** Created before this instant. */
  until?: string | undefined
}

/** A run's exclusive hold on a resource, and the runs that wait for it. */
export interface Lease {
  resource: string
  /** The run that took it last; the record of that run shows whether it still holds it. */
  holder?: Holder | undefined
  /** When it may be taken from a run that ended in doubt, whose work may go on at the provider (ISO 8601). */
  until: string
  /** The resource of such a run was observed at rest: since when, when last, and how often. */
  rest?: { since: string; seenAt: string; looks: number } | undefined
  /** Ids of runs that wait for it, in the order of their requests: first come, first served. */
  waiting: string[]
  /** Earlier runs that had it and were sent, the newest last. Undefined where another release wrote the lease. */
  history?: Past[] | undefined
  /** Runs under limits that took it, the newest last. A rule has a lease without a holder, for these alone. */
  attempts?: Attempt[] | undefined
  /** Used up limits that people were notified of, the newest last. */
  notices?: Notice[] | undefined
  /** When a person opened the limits, the newest last. */
  clearances?: Clearance[] | undefined
  version: number
}

/** An earlier run of a resource, as its lease remembers it (instants ISO 8601). */
export type Past = Pick<Run, 'id' | 'operation' | 'state' | 'sentAt' | 'endedAt'>

export interface Queue {
  /** @param delaySeconds whole seconds, 0 to 900 */
  send(queue: QueueName, message: Message, delaySeconds: number): Promise<void>
  /** Sends many at once, without delay. @returns those that the queue did not take */
  sendAll(queue: QueueName, messages: Message[]): Promise<Message[]>
  /** Sends the text of a message unchanged, without delay. */
  sendBack(to: Sender, body: string): Promise<void>
}

export interface Publisher {
  /** Publishes how the run ended; the same run always has the same message id. */
  runEnded(run: Run): Promise<void>
  /** Publishes that a run takes unusually long; the same run always has the same message id. */
  runSlow(run: Run): Promise<void>
  /** Publishes that a message was given up; the same dead letter always has the same message id. */
  messageDeadLettered(deadLetter: DeadLetter): Promise<void>
  /** Publishes that a rule fitted and why there is no run; the same alarm or ticket always has the same message id. */
  requestRefused(refused: RefusedRequest): Promise<void>
  /** Publishes what happened to a guard or an episode; the same key always has the same message id. */
  announce(announcement: Announcement): Promise<void>
  /** Publishes that a limit is used up; the same runs always have the same message id. */
  limitReached(reached: UsedUp & { reason: string; at: string }): Promise<void>
}

/** Why no run can work in an account and region: no such account, no project there, no known host. Undefined where one can, or that is not known now. */
export type CheckLocation = (
  service: Service,
  location: { account?: string | undefined; region: string },
) => Promise<{ field: 'account' | 'region'; message: string } | undefined>

/** Epoch ms. */
export type Clock = () => number

/** Uniform in [0, 1). */
export type Random = () => number

/** One structured line. Fields never hold credentials, signatures or webhook bodies. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void
