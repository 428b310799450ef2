import type { Run } from '../../../../lib/runs/run.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import { didClocksStep, resourceOf } from '../excuses.ts'
import { runsOf } from '../verdict.ts'
import type { Lives } from './lives.ts'

/** Hosts' clocks differ by seconds, and a write takes its time. */
const SLACK_MS = 5_000

/** Who is to be skipped for another run is never sent, however late it comes to the resource. */
export function notSkipped(sim: Sim, { of: lives }: Lives): Violation[] {
  if (sim.faults.counts['host clock is minutes off'] || didClocksStep(sim)) return []
  const sent = runsOf(sim).filter(({ id }) => lives.get(id)?.change)
  const byResource = Map.groupBy(sent, resourceOf)
  return sent.flatMap((run) => {
    if (run.collision !== 'skip') return []
    const askedAt = Date.parse(run.createdAt)
    const wasAtWork = (other: Run): boolean => {
      const { endedAt = Number.POSITIVE_INFINITY } = lives.get(other.id) ?? {}
      return other.id !== run.id && Date.parse(other.sentAt ?? '') < askedAt - SLACK_MS && endedAt > askedAt + SLACK_MS
    }
    const other = byResource.get(resourceOf(run))?.find(wasAtWork)
    const seen = other && `it was asked for while ${other.id} (${other.operation}) was at work`
    return other && seen ? [{ property: 'who is to be skipped is skipped', seen, runs: [run.id, other.id] }] : []
  })
}
