import type { Lease, Publisher, Queue, RecordPorts, Store } from '../../../../lib/runs/ports.ts'
import { acting, scope, whenAwake, world } from '../current.ts'
import type { Item } from '../expressions.ts'
import { refusal } from '../queues.ts'
import { asOfNextRelease } from '../releases.ts'
import { dies, freezeNowAndThen, note } from '../request.ts'
import type { Writer, Writes } from './writes.ts'

type Ports = Pick<RecordPorts, 'store' | 'queue' | 'publisher'>

interface Seeing {
  writes: Pick<Writes, 'inNameOf'>
  counts: { reads: number; writes: number }
}

/** Uses of the real ports, each of which may be the last. */
export interface Uses {
  /** Answered at once. */
  use<T>(what: string, ask: () => Promise<T>): Promise<T>
  write<T>(what: string, does: () => Promise<T>, writer?: Omit<Writer, 'by'>): Promise<T>
}

/** The longest that a write waits for its turn, and its writer for the answer (ms). */
const WAITS_MS = 10

/** A write waits for its turn, and its writer for the disk: meanwhile others go on. The process may die before each use. */
export function createUses({ writes, counts }: Seeing): Uses {
  return {
    use: (what, ask) => {
      const by = acting()
      const { worker } = by
      const hear = (tell: () => void): void => whenAwake(worker, tell)
      return new Promise((resolve, reject) => {
        const begin = (): void => {
          if (dies(worker, 'before', what)) return
          note(what)
          ask().then(
            (answer) => hear(() => resolve(answer)),
            (error) => hear(() => reject(error)),
          )
        }
        whenAwake(worker, () => scope.run(by, begin))
      })
    },
    write: (what, does, writer = { texts: () => [] }) => {
      counts.writes++
      const by = acting()
      const { worker } = by
      const soon = (run: () => void): void =>
        void world().clock.after(waitMs(), () => whenAwake(worker, () => scope.run(by, run)))
      return new Promise((resolve, reject) => {
        freezeNowAndThen()
        soon(() => {
          if (dies(worker, 'before', what)) return
          writes.inNameOf({ ...writer, by }, does).then(
            (answer) => soon(() => resolve(answer)),
            (error) => soon(() => reject(error)),
          )
        })
      })
    },
  }
}

/** The ports of the process, seen. */
export function seenPorts({ use, write }: Uses, { store, queue, publisher }: Ports): Ports {
  return {
    store: seenStore({ use, write }, store),
    queue: seenSender(write, queue),
    publisher: seenTeller(write, publisher),
  }
}

function seenStore({ use, write }: Uses, it: Store): Store {
  const read = <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    world().table.counts.reads++
    return use(what, ask)
  }
  const put = <R extends object, T>(id: string, record: R, does: (record: R) => Promise<T>): Promise<T> => {
    const own = acting().worker.isNext ? ofNextRelease(record) : record
    return write(`put ${id}`, () => does(own), { texts: once(() => [JSON.stringify(own)]) })
  }
  return {
    get: (id) => read(`reads ${id}`, () => it.get(id)),
    due: (page) => read('reads what is due', () => it.due(page)),
    lastSweep: () => read('reads the last sweep', () => it.lastSweep()),
    list: (filter) => read('lists runs', () => it.list(filter)),
    listDeadLetters: (page) => read('lists letters', () => it.listDeadLetters(page)),
    getLease: (resource) => read(`reads lease:${resource}`, () => it.getLease(resource)),
    getDeadLetter: (id) => read(`reads letter:${id}`, () => it.getDeadLetter(id)),
    getDelivery: (id) => read(`reads ${id}`, () => it.getDelivery(id)),
    listDeliveries: (page) => read('lists deliveries', () => it.listDeliveries(page)),
    create: (run) => put(run.id, run, (own) => it.create(own)),
    save: (run) => put(run.id, run, (own) => it.save(own)),
    saveLease: (lease) => put(`lease:${lease.resource}`, lease, (own) => it.saveLease(own)),
    createDeadLetter: (letter) => put(`letter:${letter.messageId}`, letter, (own) => it.createDeadLetter(own)),
    saveDeadLetter: (letter) => put(`letter:${letter.messageId}`, letter, (own) => it.saveDeadLetter(own)),
    getDurations: (key, how) => read(`reads durations:${key}`, () => it.getDurations(key, how)),
    saveDurations: (durations) => put(`durations:${durations.key}`, durations, (own) => it.saveDurations(own)),
    getDocument: (id) => read(`reads ${id}`, () => it.getDocument(id)),
    saveDocument: (document) => put(document.id, document, (own) => it.saveDocument(own)),
    listDocuments: (page) => read('lists documents', () => it.listDocuments(page)),
    dueDocuments: (page) => read('reads documents that are due', () => it.dueDocuments(page)),
    keepDelivery: (received) => put(received.id, received, (own) => it.keepDelivery(own)),
    noteSweep: (at) => write('put sweep', () => it.noteSweep(at)),
  }
}

function seenSender(write: Uses['write'], it: Queue): Queue {
  return {
    send: (name, message, delaySeconds) => {
      const body = JSON.stringify(message)
      const send = (): Promise<void> =>
        it.send(name, message, delaySeconds).catch((error) => {
          throw error instanceof RangeError ? refusal(error.message) : error
        })
      return write(`send ${body}`, send, { texts: () => [body], delaySeconds })
    },
    sendAll: (name, messages) =>
      write(`send ${messages.length} messages`, () => it.sendAll(name, messages), {
        texts: once(() => messages.map((message) => JSON.stringify(message))),
      }),
    sendBack: (to, body) => write(`send ${body}`, () => it.sendBack(to, body), { texts: () => [body] }),
  }
}

function seenTeller(write: Uses['write'], it: Publisher): Publisher {
  return {
    runEnded: (run) => write(`tell of ${run.id}`, () => it.runEnded(run)),
    runSlow: (run) => write(`tell of ${run.id}`, () => it.runSlow(run)),
    messageDeadLettered: (letter) => write(`tell of letter:${letter.messageId}`, () => it.messageDeadLettered(letter)),
    requestRefused: (refused) => write('tell of a refusal', () => it.requestRefused(refused)),
    announce: (one) => write(`tell of ${one.of}`, () => it.announce(one)),
    limitReached: (reached) => write('tell of a limit', () => it.limitReached(reached)),
  }
}

function waitMs(): number {
  const { chance } = world()
  return Math.floor(chance('travel', acting().concern) * WAITS_MS)
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A lease does not say what it is; all others that are shared do. */
function ofNextRelease<R extends object>(record: R): R {
  const isLease = 'resource' in record && 'waiting' in (record as Partial<Lease>)
  const number = world().table.counts.writes
  const { kind, ...next } = asOfNextRelease({ ...(isLease ? { kind: 'lease' } : {}), ...record } as Item, number)
  return { ...next, ...(isLease ? {} : { kind }) } as R // as it was, and what the next release adds
}
