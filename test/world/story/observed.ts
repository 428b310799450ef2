import type { Run } from '../../../lib/runs/run.ts'

/** What each run was answered: an outcome names nothing else. */
export interface Observed {
  answered(runIds: readonly string[], operation: string, output: unknown): void
  /** @returns what the outcome names though it was never read */
  unseen(run: Run): string | undefined
}

/** Word of a summary -> the reads of which one must have been answered. A job must have been read as SUCCESS. */
const READS: readonly [word: RegExp, reads: readonly string[]][] = [
  [/\bjob\b/i, ['dcs.job.show SUCCESS']],
  [/\bmaster\b/i, ['dcs.group.list']],
  // Which node is master is read with the groups.
  [/\bnodes?\b/i, ['dcs.node.list', 'dcs.group.list']],
  [/\bprocess(es)?\b/i, ['emr.process.list']],
  [/\btask\b/i, ['dcs.task.list', 'dcs.instance.task.list', 'dcs.instance.show']],
  [/\bcluster\b/i, ['emr.cluster.show']],
]

/** What says that something is not known names it all the same. */
const NOT_KNOWN = /\bbut\b|\bnot known\b|\bcannot\b/

export function createObserved(): Observed {
  const seen = new Map<string, Set<string>>()
  return {
    answered: (runIds, operation, output) => {
      const { status } = output as { status?: unknown }
      for (const id of runIds) {
        const reads = seen.get(id) ?? new Set<string>()
        seen.set(id, reads)
        reads.add(operation).add(`${operation} ${String(status)}`)
      }
    },
    unseen: ({ id, operation, outcome }) => {
      const summary = outcome?.summary.replaceAll(operation, '') ?? ''
      if (NOT_KNOWN.test(summary)) return undefined
      const reads = seen.get(id) ?? new Set<string>()
      const missing = READS.find(([word, any]) => word.test(summary) && !any.some((read) => reads.has(read)))
      return missing && `${missing[1].join(' or ')} was never answered: ${summary}`
    },
  }
}
