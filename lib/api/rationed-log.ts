import type { Log } from '../runs/ports.ts'

/** Whoever floods us makes a line in ten seconds, of each kind. */
const EVERY_MS = 10_000

/** There are a dozen sources, and few messages of each. */
const MAX_KINDS = 64

/**
 * A log for what strangers cause: of each message and `source` a line in ten seconds at most. The next one says how many were
 * left out since (`leftOut`).
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
