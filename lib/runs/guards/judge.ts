import type { GuardPorts } from './guard-record.ts'
import { judgeOperation, judgeRule } from './judge-rule.ts'
import { judgeWindows } from './judge-windows.ts'
import type { Judge } from './judging.ts'
import { pauseOf, pausesInForce, pauseVerdict } from './pauses.ts'
import type { GuardSettings } from './settings.ts'
import { stormVerdict } from './storm.ts'
import type { Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

const pause: Judge = async ({ ports, subject }) => pauseVerdict(pauseOf(await pausesInForce(ports), subject))

const storm: Judge = ({ ports, subject }) => stormVerdict(ports, subject)

/** The guards that need no cloud. Those of the lease and of the target are asked where those are read. */
const JUDGES: readonly Judge[] = [pause, judgeRule, judgeOperation, storm, judgeWindows]

/**
 * The verdicts of all guards, in their order.
 * @throws {Error} where a guard's record cannot be read: then the run waits
 */
export async function judge(ports: GuardPorts, settings: GuardSettings, subject: Subject): Promise<Verdict[]> {
  const verdicts = await Promise.all(JUDGES.map((one) => one({ ports, settings, subject })))
  return verdicts.flatMap((one) => one ?? [])
}
