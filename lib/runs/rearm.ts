import { inParallel } from '../basics/parallel.ts'
import { nextMessage } from './chain.ts'
import type { QueueName } from './messages.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { CLOCKS_APART_MS, overdueAfterMs, plusMs } from './schedule.ts'
import { isFinal, rulesOf } from './states.ts'
import { claim, note } from './transition.ts'

/**
 * Sends another message for runs whose own was lost. The write comes first, for a message that came before it would lose to it.
 * It moves the sweeper's date, further each time, since the message may only be waiting. A run whose message was not taken is
 * soon overdue again.
 * @param down gets the queues that took none
 */
export async function rearm(ports: RecordPorts, runs: Run[], down: Set<QueueName>): Promise<void> {
  const { values } = await inParallel(runs, async (run) => {
    const next = await claimAgain(ports, run)
    const message = next && nextMessage(next)
    return message ? [{ run: next, ...message }] : []
  })
  for (const [queue, armed] of Map.groupBy(values.flat(), (one) => one.queue)) {
    const left = await ports.queue.sendAll(
      queue,
      armed.map(({ message }) => message),
    )
    if (left.length === 0) continue
    ports.log('error', 'messages not sent again', { queue, left: left.length, of: armed.length })
    if (left.length === armed.length) down.add(queue)
    const unsent = armed.filter(({ message }) => left.includes(message))
    await inParallel(unsent, ({ run }) => takeBack(ports, run))
  }
}

/** Makes the run due for the clock of any host. After the deadline the count restarts: the last observation is not waited for. */
function claimAgain(ports: RecordPorts, run: Run): Promise<Run | undefined> {
  const { state, rearms = 0, updatedAt } = run
  const nowMs = ports.clock()
  const endsAt = isFinal(state) ? undefined : rulesOf(state).onDeadline.at(run)
  const isLast = endsAt !== undefined && updatedAt < endsAt && Date.parse(endsAt) <= nowMs
  return claim(ports, run, { forMs: -CLOCKS_APART_MS, rearms: isLast ? 1 : rearms + 1 })
}

/** A message that was not sent does not count, and is soon tried again. */
function takeBack(ports: RecordPorts, run: Run): Promise<Run | undefined> {
  const { rearms = 1 } = run
  return note(ports, run, { rearms: rearms - 1, dueAt: plusMs(ports.clock(), overdueAfterMs(0)) })
}
