import type { Subject } from '../world/story/simulate.ts'
import { MONTH_HOURS, POLL_SECONDS, POLLERS_A_QUEUE } from './assumptions.ts'
import { type Bill, billOf } from './bill.ts'
import type { TimedWrite } from './busy-hour.ts'
import { type Counters, difference, mean } from './counters.ts'
import { type HotKeys, hotKeysOf } from './hot-keys.ts'
import { type History, live } from './live.ts'
import type { Tally } from './meter.ts'
import { usdOf } from './prices.ts'
import { IDLE_HOUR, type Scenario, WORLDS } from './scenarios.ts'

/** What one of something costs: a run, a request that joins one, an alarm. */
export interface Measured extends Bill {
  name: string
  title: string
  counts: Counters
  /** Of what is stored afterwards, until it expires (US dollars). */
  storedUsd: number
  hotKeys: HotKeys[]
  /** Of each run, to indexes. */
  writes: readonly (readonly TimedWrite[])[]
}

/** Means over worlds. The same each time. */
export async function measure({ name, title, plays, isFirst }: Scenario, subject: Subject): Promise<Measured> {
  const history = isFirst ? [] : await historyOf(plays, subject)
  const all: Omit<Tally, 'writes'>[] = []
  const writes: TimedWrite[][] = []
  for (let number = 0; number < WORLDS; number++) {
    const { whole, part } = plays(number)
    const [with_, without] = [await live(whole, number, subject, history), await live(part, number, subject, history)]
    const begunMs = whole.wishes[0]?.at ?? 0
    writes.push(with_.writes.map(({ atMs, ...write }) => ({ ...write, afterMs: atMs - begunMs })))
    all.push({
      billed: difference(with_.billed, without.billed),
      counts: difference(with_.counts, without.counts),
      partitions: difference(with_.partitions, without.partitions),
    })
  }
  const counts = mean(all.map((one) => one.counts))
  const hotKeys = hotKeysOf(all.map(({ partitions }) => partitions))
  const storedUsd = usdOf('tableStorage', counts.storage ?? 0)
  return { name, title, ...billOf(mean(all.map(({ billed }) => billed))), counts, storedUsd, hotKeys, writes }
}

/** So many runs end before the measured ones. From a hundred on, one in ten is counted. */
const EARLIER_RUNS = 2 * WORLDS

/** What is learnt from them. */
async function historyOf(plays: Scenario['plays'], subject: Subject): Promise<History> {
  let history: History = []
  for (let number = 0; number < EARLIER_RUNS; number++) {
    // In another order than the measured ones.
    const other = (number * 29) % WORLDS
    history = (await live(plays(other).whole, other, subject, history)).history
  }
  return history
}

/** A month in which nothing is asked for (US dollars): the sweeper, the pollers of the queues, the secret. */
export async function measureMonth(subject: Subject): Promise<Bill> {
  const [longer, shorter] = [await live(IDLE_HOUR.longer, 0, subject), await live(IDLE_HOUR.shorter, 0, subject)]
  const hour = difference(longer.billed, shorter.billed)
  const month = Object.fromEntries(Object.entries(hour).map(([name, units]) => [name, units * MONTH_HOURS]))
  const polls = (subject.template.mappings.length * POLLERS_A_QUEUE * MONTH_HOURS * 3600) / POLL_SECONDS
  return billOf({ ...month, SQS: (month.SQS ?? 0) + polls, 'the secret': 1 })
}
