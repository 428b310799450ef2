import type { Lease, Queue, Store } from '../../../../lib/runs/ports.ts'
import { acting, scope, whenAwake, world } from '../current.ts'
import type { Item } from '../expressions.ts'
import { refusal } from '../queues.ts'
import { asOfNextRelease } from '../releases.ts'
import { dies, freezeNowAndThen, note } from '../request.ts'
import type { Opened } from './life.ts'
import type { Writer, Writes } from './writes.ts'

interface Home {
  /** Those of the life that goes on. */
  opened: () => Opened
  writes: Pick<Writes, 'inNameOf'>
  counts: { reads: number; writes: number }
}

/** The longest that a write waits for its turn, and its writer for the answer (ms). */
const WAITS_MS = 10

/**
 * The ports of the process on the real store and queues. A read is answered at once; a write waits for its turn, and its
 * writer for the disk: meanwhile others go on. The process may die before each.
 */
export function createPorts({ opened, writes, counts }: Home): { store: Store; queue: Queue } {
  const read = <T>(what: string, ask: (store: Store) => Promise<T>): Promise<T> => {
    counts.reads++
    const { worker } = acting()
    return new Promise((resolve, reject) => {
      whenAwake(worker, () => {
        if (dies(worker, 'before', what)) return
        note(what)
        const hear = (tell: () => void): void => whenAwake(worker, tell)
        ask(opened().store).then(
          (answer) => hear(() => resolve(answer)),
          (error) => hear(() => reject(error)),
        )
      })
    })
  }

  const write = <T>(
    what: string,
    does: (ports: Opened) => Promise<T>,
    writer: Omit<Writer, 'by'> = { texts: () => [] },
  ): Promise<T> => {
    counts.writes++
    const by = acting()
    const { worker } = by
    const soon = (run: () => void): void =>
      void world().clock.after(waitMs(), () => whenAwake(worker, () => scope.run(by, run)))
    return new Promise((resolve, reject) => {
      freezeNowAndThen()
      soon(() => {
        if (dies(worker, 'before', what)) return
        const written = writes.inNameOf({ ...writer, by }, () => does(opened()))
        written.then(
          (answer) => soon(() => resolve(answer)),
          (error) => soon(() => reject(error)),
        )
      })
    })
  }

  const put = <R extends object, T>(
    id: string,
    record: R,
    does: (store: Store, record: R) => Promise<T>,
  ): Promise<T> => {
    const own = acting().worker.isNext ? ofNextRelease(record, counts.writes) : record
    return write(`put ${id}`, ({ store }) => does(store, own), { texts: () => [JSON.stringify(own)] })
  }

  const store: Store = {
    get: (id) => read(`reads ${id}`, (it) => it.get(id)),
    due: (page) => read('reads what is due', (it) => it.due(page)),
    lastSweep: () => read('reads the last sweep', (it) => it.lastSweep()),
    list: (filter) => read('lists runs', (it) => it.list(filter)),
    listLetters: (page) => read('lists letters', (it) => it.listLetters(page)),
    getLease: (resource) => read(`reads lease:${resource}`, (it) => it.getLease(resource)),
    getLetter: (id) => read(`reads letter:${id}`, (it) => it.getLetter(id)),
    getReceived: (id) => read(`reads ${id}`, (it) => it.getReceived(id)),
    listReceived: (page) => read('lists deliveries', (it) => it.listReceived(page)),
    create: (run) => put(run.id, run, (it, own) => it.create(own)),
    save: (run) => put(run.id, run, (it, own) => it.save(own)),
    saveLease: (lease) => put(`lease:${lease.resource}`, lease, (it, own) => it.saveLease(own)),
    keepLetter: (letter) => put(`letter:${letter.messageId}`, letter, (it, own) => it.keepLetter(own)),
    saveLetter: (letter) => put(`letter:${letter.messageId}`, letter, (it, own) => it.saveLetter(own)),
    keepReceived: (received) => put(received.id, received, (it, own) => it.keepReceived(own)),
    noteSweep: (at) => write('put sweep', (it) => it.store.noteSweep(at)),
  }

  const queue: Queue = {
    send: (name, message, delaySeconds) => {
      const body = JSON.stringify(message)
      const send = ({ queue: real }: Opened): Promise<void> =>
        real.send(name, message, delaySeconds).catch((error) => {
          throw error instanceof RangeError ? refusal(error.message) : error
        })
      return write(`send ${body}`, send, { texts: () => [body], delaySeconds })
    },
    sendAll: (name, messages) =>
      write(`send ${messages.length} messages`, (it) => it.queue.sendAll(name, messages), {
        texts: () => messages.map((message) => JSON.stringify(message)),
      }),
    sendBack: (to, body) => write(`send ${body}`, (it) => it.queue.sendBack(to, body), { texts: () => [body] }),
  }
  return { store, queue }
}

function waitMs(): number {
  const { chance } = world()
  return Math.floor(chance('travel', acting().concern) * WAITS_MS)
}

/** A lease does not say what it is; all others that are shared do. */
function ofNextRelease<R extends object>(record: R, number: number): R {
  const isLease = 'resource' in record && 'waiting' in (record as Partial<Lease>)
  const { kind, ...next } = asOfNextRelease({ ...(isLease ? { kind: 'lease' } : {}), ...record } as Item, number)
  return { ...next, ...(isLease ? {} : { kind }) } as R // as it was, and what the next release adds
}
