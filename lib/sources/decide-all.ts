import { inParallel } from '../basics/parallel.ts'
import type { Result } from '../runs/delivery.ts'
import type { Alarm } from './alarm.ts'
import type { ApprovalDenial, ReceiveContext } from './decide.ts'
import { canBeHandedOn } from './hand-on.ts'
import type { DeliveryItem } from './source.ts'

/** So many at a time: a delivery may tell of hundreds of alarms, and is to be answered in seconds. */
const WIDTH = 10

export interface Decided {
  results: Result[]
  /** Alarms for which there was no time. */
  left: Alarm[]
  /** Of those that could not be decided, and may be the next time. */
  failures: unknown[]
}

interface DecideAllOptions {
  untilMs?: number
  approvalDenial?: ApprovalDenial | undefined
}

/**
 * Decides all of them, also where one fails: nothing goes on behind the answer, where Lambda would freeze it.
 * @param untilMs when no more alarms are begun (epoch ms); the first ten always are
 */
export async function decideAll(
  { decide, ports }: ReceiveContext,
  readings: DeliveryItem[],
  { untilMs = Number.POSITIVE_INFINITY, approvalDenial }: DecideAllOptions = {},
): Promise<Decided> {
  const decideOne = (reading: DeliveryItem): Promise<Result> => decide(reading, approvalDenial)
  const begun = await inParallel(readings, decideOne, { atOnce: WIDTH, mayGoOn: () => ports.clock() < untilMs })
  const left = begun.left.filter(isHandedOn).map(({ alarm }) => alarm)
  // What cannot be handed on is decided, however late it is.
  const rest = begun.left.filter((reading) => !isHandedOn(reading))
  const late = await inParallel(rest, decideOne, { atOnce: WIDTH })
  return { results: [...begun.values, ...late.values], left, failures: [...begun.failures, ...late.failures] }
}

function isHandedOn(reading: DeliveryItem): reading is { alarm: Alarm } {
  return 'alarm' in reading && canBeHandedOn(reading.alarm)
}
