import type { Result } from '../../../runs/delivery.ts'
import type { RecordPorts, Store } from '../../../runs/ports.ts'
import { NotAllowedError, RequestError } from '../../../runs/request-error.ts'
import type { Run } from '../../../runs/run.ts'
import type { Decide } from '../../../sources/decide.ts'
import type { DeliveryItem } from '../../../sources/source.ts'
import type { OutcomeModel } from './outcome-model.ts'
import { watchTroubles } from './troubles.ts'
import { virtualTime } from './virtual-time.ts'
import { assumedPorts } from './worker.ts'

/** One alarm, ticket or request of the past. */
export interface PastItem {
  /** When it came (epoch ms). */
  atMs: number
  item: DeliveryItem
}

/** What the rules would have done with it. */
export interface Decision {
  atMs: number
  /** The rule that decides. */
  rule?: string | undefined
  result: 'run' | 'joined' | 'refused' | 'ignored' | 'repeat' | 'spared'
  /** Why there is no run. */
  reason?: string | undefined
}

interface Replaying {
  store: Store
  model: OutcomeModel
  /** Binds the rules to the ports of the replay. */
  decideWith: (ports: RecordPorts) => Decide
}

/**
 * Decides each item of the past when it came, in order, while the runs that it would have started take their time. Guards are
 * those of the engine and of `decide`: whatever they refuse is counted by their reasons.
 * @param items in the order of their times
 */
export async function replay(items: readonly PastItem[], { store, model, decideWith }: Replaying): Promise<Decision[]> {
  const time = virtualTime(items[0]?.atMs ?? 0)
  const troubles = watchTroubles()
  const ports = assumedPorts({
    ...{ store, time, model },
    onEnd: (id, fate) => (fate === 'helps' ? troubles.end(id) : undefined),
  })
  const decide = decideWith(ports)
  /** Of each run so far. */
  const ruleOf = new Map<string, string | undefined>()
  const findDecisions: (() => Promise<Decision>)[] = []
  for (const { atMs, item } of items) {
    await time.moveTo(atMs)
    const sparedBy = troubles.sparedBy(item, atMs)
    if (sparedBy !== undefined) {
      findDecisions.push(async () => ({ atMs, rule: ruleOf.get(sparedBy), result: 'spared' }))
      continue
    }
    const decided = await decideItem(decide, item)
    const { runs = [] } = decided
    const isRepeat = runs.some((id) => ruleOf.has(id))
    findDecisions.push(async () => ({ atMs, rule: decided.rule, ...(await resultOf(store, decided, { isRepeat })) }))
    for (const id of runs) {
      ruleOf.set(id, decided.rule)
      troubles.answer(item, id)
    }
  }
  await time.finish()
  const decisions: Decision[] = []
  // How a run ended shows only now.
  for (const find of findDecisions) decisions.push(await find())
  return decisions
}

/** An approval is taken as given. A sender of a request would be told why it is refused. */
async function decideItem(decide: Decide, item: DeliveryItem): Promise<Result> {
  try {
    return await decide(item, async () => undefined)
  } catch (error) {
    const isSenders = error instanceof NotAllowedError || error instanceof RequestError
    if (!isSenders || !('request' in item)) throw error
    return { subject: item.request.source.id, refused: error.message }
  }
}

type What = Pick<Decision, 'result' | 'reason'>

async function resultOf(
  store: Store,
  { ignored, refused, runs = [] }: Result,
  { isRepeat }: { isRepeat: boolean },
): Promise<What> {
  if (ignored !== undefined) return { result: 'ignored', reason: ignored }
  if (refused !== undefined) return { result: 'refused', reason: refused }
  if (isRepeat) return { result: 'repeat' }
  const stored = await Promise.all(runs.map((id) => store.get(id)))
  return resultOfRuns(stored.filter((run) => run !== undefined))
}

/** Of a batch, the run that went farthest counts. */
function resultOfRuns(runs: Run[]): What {
  if (runs.some(({ sentAt }) => sentAt !== undefined)) return { result: 'run' }
  if (runs.some(({ attachedTo }) => attachedTo !== undefined)) return { result: 'joined' }
  return { result: 'refused', reason: runs[0]?.outcome?.summary }
}
