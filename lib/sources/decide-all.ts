import { inParallel } from '../basics/parallel.ts'
import type { Result } from '../runs/delivery.ts'
import type { Alarm } from './alarm.ts'
import type { ApprovalDenial, ReceiveContext } from './decide.ts'
import { canBeHandedOn } from './hand-on.ts'
import type { DeliveryItem } from './source.ts'

/** Items decided at a time: a delivery may hold hundreds of alarms, and its sender waits a few seconds. */
const CONCURRENCY = 10

export interface Decided {
  results: Result[]
  /** Alarms that were not started before `untilMs`. */
  left: Alarm[]
  /** Errors of items that could not be decided; a retry may succeed. */
  failures: unknown[]
}

interface DecideAllOptions {
  untilMs?: number
  approvalDenial?: ApprovalDenial | undefined
}

/**
 * Decides all items, even if some fail. It returns after all started work has ended, because Lambda freezes the rest.
 * @param untilMs no alarm is started after this time (epoch ms), except for the first ten
 */
export async function decideAll(
  { decide, ports }: ReceiveContext,
  items: DeliveryItem[],
  { untilMs = Number.POSITIVE_INFINITY, approvalDenial }: DecideAllOptions = {},
): Promise<Decided> {
  const decideOne = (item: DeliveryItem): Promise<Result> => decide(item, approvalDenial)
  const inTime = await inParallel(items, decideOne, { atOnce: CONCURRENCY, mayGoOn: () => ports.clock() < untilMs })
  const left = inTime.left.filter(isHandedOn).map(({ alarm }) => alarm)
  // Items that no message can carry are decided now, however late it is.
  const rest = inTime.left.filter((item) => !isHandedOn(item))
  const late = await inParallel(rest, decideOne, { atOnce: CONCURRENCY })
  return { results: [...inTime.values, ...late.values], left, failures: [...inTime.failures, ...late.failures] }
}

function isHandedOn(item: DeliveryItem): item is { alarm: Alarm } {
  return 'alarm' in item && canBeHandedOn(item.alarm)
}
