import { type Scope, world } from '../current.ts'
import { runIdsIn } from '../queues.ts'
import { note } from '../request.ts'
import type { Records, RowState } from './records.ts'
import type { Change, Raw, Values, Watch } from './watch.ts'

/** What is written: those who judge see it when it is committed, as done by whoever asked for it. */
export interface Writes extends Pick<Watch, 'changed' | 'committed' | 'undone'> {
  /** Does what writes these texts. They are asked for where several write at once. */
  inNameOf<T>(by: Scope, texts: () => readonly string[], does: () => Promise<T>): Promise<T>
}

type Written = { by: Scope | undefined } & ({ state: RowState } | { message: Values })

/** @param onMessage told of a message that can be received at that time, by the clock of the machine */
export function createWrites(
  records: Records,
  raw: () => Raw,
  onMessage: (queue: string, visibleAtMs: number) => void,
): Writes {
  /** First come, first served: of two that write the same, the first one does. */
  const writers = new Set<{ by: Scope; texts: () => readonly string[] }>()
  let written: Written[] = []
  let isDoubtful = false

  const writerOf = (text: unknown): Scope | undefined => {
    const [first, ...more] = writers
    if (more.length === 0) return first?.by
    return [...writers].find(({ texts }) => texts().includes(String(text)))?.by
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
      return raw().all('SELECT 1 FROM messages WHERE id = ?', one.message.id ?? null).length > 0 ? [one] : []
    })

  const tell = (one: Written): void => {
    if ('state' in one) {
      records.committed(one.state, one.by)
      return
    }
    const { queue, body, visibleAtMs, nowMs } = one.message
    const delaySeconds = (Number(visibleAtMs) - Number(nowMs)) / 1000
    if (world().log) note(`sends ${body} to ${queue} in ${delaySeconds} s`, runIdsIn(String(body)))
    if (one.by) world().queues.sent++
    if (one.by) world().witness.posted(String(body), one.by)
    onMessage(String(queue), Number(visibleAtMs))
  }

  return {
    inNameOf: async (by, texts, does) => {
      const writer = { by, texts }
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
        if (verb === 'INSERT') written.push({ message: values, by: writerOf(values.body) })
      } else if (records.isKept(table))
        written.push(...statesOf(change, rows).map((state) => ({ state, by: writerOf(values.record) })))
    },
    committed: () => {
      const all = isDoubtful ? kept(written) : written
      written = []
      isDoubtful = false
      for (const one of all) tell(one)
    },
    undone: () => {
      isDoubtful = raw().isTransaction()
      if (!isDoubtful) written = []
    },
  }
}
