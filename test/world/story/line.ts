import type { Run } from '../../../lib/runs/run.ts'
import { world } from '../engine/current.ts'

/** Who waits for each resource, in the order of their requests. */
export interface Line {
  written(before: Run | undefined, after: Run): void
  /** They got in line. */
  joined(resource: string, runIds: readonly string[]): void
  /** @returns who waits longer than whoever takes the resource now */
  passedBy(resource: string, taker: string): string | undefined
}

/** With less left until its deadline a run is not sent any more. */
const TOO_LATE_MS = 35_000

export function createLine(): Line {
  /** In what order they were accepted, really. */
  const order = new Map<string, number>()
  const inLine = new Map<string, Set<string>>()

  const isBefore = (a: Run, b: Run): boolean =>
    (order.get(a.id) ?? 0) < (order.get(b.id) ?? 0) && a.createdAt < b.createdAt

  return {
    written: (before, after) => {
      if (!before) order.set(after.id, order.size)
      // It waits for another run now, not for the resource.
      if (after.state !== 'attached') return
      for (const ids of inLine.values()) ids.delete(after.id)
    },
    joined: (resource, runIds) => {
      const ids = inLine.get(resource) ?? new Set<string>()
      inLine.set(resource, ids)
      for (const id of runIds) ids.add(id)
    },
    passedBy: (resource, taker) => {
      const { table, clock, aheadMs } = world()
      const run = table.item(taker) as unknown as Run | undefined // as our own store wrote them
      const now = clock.now() + aheadMs()
      return [...(inLine.get(resource) ?? [])].find((id) => {
        const other = table.item(id) as unknown as Run | undefined
        // Whoever waits for a guard gives way.
        const waits = other?.state === 'queued' && other.heldBackUntil === undefined && !other.wasHeldBack
        if (!run || !waits || id === taker) return false
        return isBefore(other, run) && Date.parse(other.deadlineAt) - now > TOO_LATE_MS
      })
    },
  }
}
