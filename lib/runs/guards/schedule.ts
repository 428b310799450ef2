/** When a window is open. All moments are epoch ms; a window is open from its start, inclusive, until its end, exclusive. */
export interface Schedule {
  /** The first moment, from `ms` on, at which it is open; undefined if it never is again. */
  opens(ms: number): number | undefined
  /** The end of the time in which it is open at `ms`. Beyond `limitMs`, the end is not searched any further. */
  closes(ms: number, limitMs: number): number
}

/** The first start after a moment, without that moment; undefined if there is none. */
export type NextStart = (afterMs: number) => number | undefined

/** One span of time. */
export function spanSchedule({ fromMs, untilMs }: { fromMs: number; untilMs: number }): Schedule {
  return {
    opens: (ms) => (ms < untilMs ? Math.max(ms, fromMs) : undefined),
    closes: () => untilMs,
  }
}

/** From each start, `forMs` of elapsed time. Occurrences that overlap or touch are one. */
export function recurringSchedule(nextStart: NextStart, forMs: number): Schedule {
  return {
    opens: (ms) => {
      const startMs = nextStart(ms - forMs)
      return startMs === undefined ? undefined : Math.max(ms, startMs)
    },
    closes: (ms, limitMs) => {
      let untilMs = ms
      let startMs = nextStart(ms - forMs)
      while (startMs !== undefined && startMs <= untilMs && untilMs <= limitMs) {
        untilMs = startMs + forMs
        startMs = nextStart(startMs)
      }
      return untilMs
    },
  }
}
