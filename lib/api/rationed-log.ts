import type { Log } from '../runs/ports.ts'

/** A flood writes one line of each kind in ten seconds. */
const EVERY_MS = 10_000

/** There are a dozen sources, and a few messages for each. */
const MAX_KINDS = 64

/**
 * A log for lines that strangers can cause: at most one line in ten seconds for each message and `source`. The next line says
 * how many were left out (`leftOut`).
 */
export function rationedLog({ log, clock }: { log: Log; clock: () => number }): Log {
  const kinds = new Map<string, { atMs: number; leftOut: number }>()
  return (level, message, fields) => {
    const kind = `${message} ${fields.source}`
    const nowMs = clock()
    const last = kinds.get(kind)
    if (last && Math.abs(nowMs - last.atMs) < EVERY_MS) {
      last.leftOut++
      return
    }
    if (!last && kinds.size >= MAX_KINDS) kinds.clear()
    kinds.set(kind, { atMs: nowMs, leftOut: 0 })
    log(level, message, last && last.leftOut > 0 ? { ...fields, leftOut: last.leftOut } : fields)
  }
}
