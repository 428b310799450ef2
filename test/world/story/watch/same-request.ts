import type { Run } from '../../../../lib/runs/run.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import { runsOf } from '../verdict.ts'
import { idOf } from '../wishes.ts'
import type { Disturbances } from './disturbances.ts'
import type { Life, Lives } from './lives.ts'

/** Whoever waits looks several times within this. */
const LOOKS_WITHIN_MS = 90_000

/** So long after it was made a run that another one's could join has ended, if it only just lived. */
const BARELY_MS = 1_000

interface Lived {
  run: Run
  life: Life
}

/**
 * The same request, however it is spelt, made while the first is live and its work still to come, makes no second change:
 * it joins. Asked only of runs that nothing kept from looking. One that had joined, and stands by itself since the other
 * was withdrawn, has kept it.
 * @param askedBy the requests that each run was asked for by, as faults know them
 */
export function secondChanges(
  sim: Sim,
  lives: Lives,
  disturbances: Disturbances,
  askedBy: ReadonlyMap<string, readonly string[]>,
): Violation[] {
  const made = runsOf(sim).flatMap((run): Lived[] => {
    const life = lives.of.get(run.id)
    return life?.change && !life.states.has('attached') ? [{ run, life }] : []
  })
  const concernsOf = ({ run }: Lived): string[] => [run.id, ...(askedBy.get(run.id) ?? [])]
  const found: Violation[] = []
  for (const group of Map.groupBy(made, ({ run }) => identityOf(run)).values()) {
    const inOrder = group.toSorted((a, b) => a.life.createdAt - b.life.createdAt)
    for (const [index, first] of inOrder.entries()) {
      const second = inOrder.slice(index + 1).find((one) => shouldHaveJoined(first, one))
      if (!second || disturbances.met([first, second].flatMap(concernsOf))) continue
      const seen = `${identityOf(first.run)}: ${first.run.id} was live, and its work still to come`
      found.push({
        property: 'the same request makes no second change',
        seen,
        runs: [second.run.id, first.run.id],
      })
    }
  }
  return found
}

function shouldHaveJoined(first: Lived, second: Lived): boolean {
  const [{ change, endedAt = Number.POSITIVE_INFINITY }, { createdAt }] = [first.life, second.life]
  const wasLive = change && createdAt < change.at && change.at < endedAt && createdAt + BARELY_MS < endedAt
  if (!wasLive) return false
  if (namesNodes(first.run) === namesNodes(second.run)) return true
  // That these are all nodes, only the baseline tells, which is read just before the call.
  const sentAt = Date.parse(first.run.sentAt ?? '')
  return endedAt - Math.max(sentAt, createdAt) >= LOOKS_WITHIN_MS
}

function namesNodes({ target }: Run): boolean {
  return target.nodeIds !== undefined
}

/** All nodes of every instance of the simulation. */
const NODES = ['node-1', 'node-2'].join()

/** What is asked for, however it was spelt: the account and the region do not count, for an id is one thing anywhere. */
function identityOf({ operation, target, params }: Pick<Run, 'operation' | 'target' | 'params'>): string {
  const { account, region, instanceId, clusterId, nodeIds, services, ...others } = target as Record<string, unknown>
  const nodes = Array.isArray(nodeIds) ? nodeIds.toSorted().join() : NODES
  const { ensureBackup, ...how } = params
  const rest = { ...others, services: inOrder(services), ...how, ensureBackup: ensureBackup === true }
  return `${operation} of ${idOf(target)} ${nodes === NODES ? '' : nodes}${JSON.stringify(inOrder(rest))}`
}

/** Lists and fields in one order, whichever they had. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(inOrder(one))).toSorted()
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, inOrder(one)]))
}
