import type { Result } from '../../../runs/delivery.ts'
import type { GuardSettings } from '../../../runs/guards/settings.ts'
import { tendDocuments } from '../../../runs/guards/tend.ts'
import { decisionOf } from '../../../runs/guards/verdict.ts'
import type { RecordPorts, Store } from '../../../runs/ports.ts'
import { NotAllowedError, RequestError } from '../../../runs/request-error.ts'
import type { Run } from '../../../runs/run.ts'
import type { Decide } from '../../../sources/decide.ts'
import type { DeliveryItem } from '../../../sources/source.ts'
import type { OutcomeModel } from './outcome-model.ts'
import { watchTroubles } from './troubles.ts'
import { type VirtualTime, virtualTime } from './virtual-time.ts'
import { assumedPorts } from './worker.ts'

/** One alarm, ticket or request of the past. */
export interface PastItem {
  /** When it came (epoch ms). */
  atMs: number
  item: DeliveryItem
}

/** What the rules would have done with it. */
export interface Replayed {
  atMs: number
  /** The rule that decides. */
  rule?: string | undefined
  result: 'run' | 'joined' | 'refused' | 'ignored' | 'repeat' | 'spared' | 'rung'
  /** Why there is no run. */
  reason?: string | undefined
  /** The guard that kept it from being sent, where the record of the run names one. */
  guard?: string | undefined
}

interface Replaying {
  store: Store
  model: OutcomeModel
  guards: GuardSettings
  /** Binds the rules to the ports of the replay. */
  decideWith: (ports: RecordPorts) => Decide
}

/**
 * Decides each item of the past when it came, in order, while the runs that it would have started take their time. Guards are
 * those of the engine and of `decide`: whatever they refuse is counted by their reasons.
 * @param items in the order of their times
 */
export async function replay(
  items: readonly PastItem[],
  { store, model, guards, decideWith }: Replaying,
): Promise<Replayed[]> {
  const time = virtualTime(items[0]?.atMs ?? 0)
  const troubles = watchTroubles()
  const ports = assumedPorts({
    ...{ store, time, model, guards },
    onEnd: (id, fate) => (fate === 'helps' ? troubles.end(id) : undefined),
  })
  const decide = decideWith(ports)
  sweepEachMinute(time, ports, (items.at(-1)?.atMs ?? 0) + LONGEST_WAIT_MS)
  /** Of each run so far. */
  const ruleOf = new Map<string, string | undefined>()
  const findDecisions: (() => Promise<Replayed>)[] = []
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
  const decisions: Replayed[] = []
  // How a run ended shows only now.
  for (const find of findDecisions) decisions.push(await find())
  const rungs = await ladderRunsOf(store, ruleOf)
  return [...decisions, ...rungs].sort((a, b) => a.atMs - b.atMs)
}

/** No guard keeps a run longer. */
const LONGEST_WAIT_MS = 25 * 3_600_000
const MINUTE_MS = 60_000

/** What time alone brings on is done within a minute, as in a deployment. */
function sweepEachMinute(time: VirtualTime, ports: RecordPorts, untilMs: number): void {
  const sweep = async (): Promise<void> => {
    await tendDocuments(ports, Number.POSITIVE_INFINITY)
    if (time.now() < untilMs) time.at(time.now() + MINUTE_MS, sweep)
  }
  time.at(time.now() + MINUTE_MS, sweep)
}

/** The runs that no event started: each is a step of a ladder. */
async function ladderRunsOf(store: Store, ruleOf: ReadonlyMap<string, unknown>): Promise<Replayed[]> {
  const rungs: Replayed[] = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    const page = await store.list({ limit: 200, cursor })
    cursor = page.cursor
    const others = page.runs.filter(({ id, sentAt }) => sentAt !== undefined && !ruleOf.has(id))
    rungs.push(
      ...others.map(({ sentAt = '', source }) => ({
        atMs: Date.parse(sentAt),
        rule: source.rule,
        result: 'rung' as const,
      })),
    )
  }
  return rungs
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

type What = Pick<Replayed, 'result' | 'reason' | 'guard'>

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
  const [first] = runs
  const decision = decisionOf(first?.verdicts ?? [])
  const guard = decision.says === 'allow' ? undefined : decision.verdict.guard
  return { result: 'refused', reason: first?.outcome?.summary, guard }
}
