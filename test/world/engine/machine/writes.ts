import { type Scope, scope, world } from '../current.ts'
import type { FaultKind } from '../faults.ts'
import { runIdsIn } from '../queues.ts'
import { note } from '../request.ts'
import { checkOutcome } from './outcome.ts'
import type { Records, RowState } from './records.ts'
import type { Change, Raw, Values, Watch } from './watch.ts'

/** What is written: those who judge see it when it is committed, as done by whoever asked for it. */
export interface Writes extends Pick<Watch, 'changed' | 'committed' | 'undone'> {
  inNameOf<T>(writer: Writer, does: () => Promise<T>): Promise<T>
  /** What was to be written was not; of those who wrote it, the first. */
  failed(change: Change | undefined): void
  /** It befalls all who write now. */
  meet(kind: FaultKind): void
  /** Whoever wrote is gone. */
  forget(): void
}

/** Who writes, and what: it is asked for where several write at once. */
export interface Writer {
  /** Undefined where it is nobody of the process. */
  by: Scope | undefined
  texts: () => readonly string[]
  /** Of a message. */
  delaySeconds?: number
}

/** A message that was sent; times by the clock of the machine (epoch ms). */
export interface SentMessage {
  id: string
  queue: string
  visibleAtMs: number
  /** What its sender asked for. */
  dueAtMs: number
}

type Written = { writer: Writer | undefined } & ({ state: RowState } | { message: Values })

export function createWrites(
  records: Records,
  connection: () => Raw | undefined,
  onMessage: (message: SentMessage) => void,
): Writes {
  const raw = (): Raw => {
    const it = connection()
    if (!it) throw new Error('the file is not open')
    return it
  }
  /** First come, first served: of two that write the same, the first one does. */
  const writers = new Set<Writer>()
  /** What each of them has written. */
  const written = new WeakMap<Writer, Set<string>>()
  let underway: Written[] = []
  let isDoubtful = false

  const writerOf = (text: unknown): Writer | undefined => {
    if (typeof text !== 'string') return undefined
    const isHis = (writer: Writer): boolean => writers.size === 1 || writer.texts().includes(text)
    const writer = [...writers].find((one) => !written.get(one)?.has(text) && isHis(one))
    if (writer) written.set(writer, (written.get(writer) ?? new Set<string>()).add(text))
    return writer
  }

  const statesOf = ({ table, values }: Change, rows: number): RowState[] => {
    const key = values.id ?? values.resource
    return rows === 1 && typeof key === 'string'
      ? [records.read(raw(), { table, key })]
      : records.differing(raw(), table)
  }

  /** What stands there in the end, of what was written and undone in part. */
  const kept = (all: readonly Written[]): Written[] =>
    all.flatMap((one): Written[] => {
      if ('state' in one) return [{ ...one, state: records.read(raw(), one.state) }]
      return raw().get('SELECT 1 FROM messages WHERE id = ?', one.message.id ?? null) ? [one] : []
    })

  const tell = (one: Written): void => {
    if ('state' in one) {
      records.committed(one.state, one.writer?.by)
      if (one.state.item) checkOutcome(raw(), one.state.item)
      return
    }
    const { id, queue, body, visibleAtMs, nowMs } = one.message
    const { by, delaySeconds = 0 } = one.writer ?? {}
    if (world().log) note(`sends ${body} to ${queue} in ${delaySeconds} s`, runIdsIn(String(body)))
    if (by) world().queues.sent++
    if (by) world().witness.posted(String(body), by)
    const dueAtMs = Number(nowMs) + delaySeconds * 1000
    onMessage({ id: String(id), queue: String(queue), visibleAtMs: Number(visibleAtMs), dueAtMs })
  }

  return {
    failed: (change) => {
      const writer = change && writerOf(change.values.record ?? change.values.body)
      if (writer) writers.delete(writer)
    },
    meet: (kind) => {
      for (const { by } of writers) if (by) world().faults.share(kind, by.worker)
    },
    forget: () => {
      writers.clear()
      underway = []
      isDoubtful = false
    },
    inNameOf: async (writer, does) => {
      writers.add(writer)
      try {
        return await does()
      } finally {
        writers.delete(writer)
      }
    },
    changed: (change, rows) => {
      const { verb, table, values } = change
      if (table === 'messages') {
        if (verb === 'INSERT') underway.push({ message: values, writer: writerOf(values.body) })
      } else if (records.isKept(table))
        underway.push(...statesOf(change, rows).map((state) => ({ state, writer: writerOf(values.record) })))
    },
    committed: () => {
      const all = isDoubtful ? kept(underway) : underway
      underway = []
      isDoubtful = false
      for (const one of all) {
        const by = one.writer?.by
        if (by) scope.run(by, () => tell(one))
        else tell(one)
      }
    },
    undone: () => {
      isDoubtful = raw().isTransaction()
      if (!isDoubtful) underway = []
    },
  }
}
