import type { RunCloud, RunOperation } from '../cloud-for.ts'
import { fleetOf } from '../guards/fleet.ts'
import { takeSlots } from '../guards/groups.ts'
import { DEFAULT_GUARDS } from '../guards/settings.ts'
import { subjectOf } from '../guards/subject.ts'
import { decisionOf } from '../guards/verdict.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { wait } from './pass-guards.ts'

/** A slot is asked for again so soon: a restart lasts minutes, and those that wait must not ask together. */
const AGAIN_MS = { least: 15_000, most: 60_000 }

/**
 * Takes a slot for a run in each group of its resource, right after its lease. Where a group is full, the run leaves its resource to
 * others and asks again.
 * @returns the run with its verdicts; undefined where it waits, or has waited too long
 * @throws {Error} where the slots cannot be counted: its message comes back
 */
export async function enterGroups(
  ports: Ports,
  subject: RunOperation,
  cloud: Pick<RunCloud, 'read'>,
): Promise<Run | undefined> {
  const { run } = subject
  const asking = subjectOf(run, ports.guards ?? DEFAULT_GUARDS)
  const own = await takeSlots(ports, { run, groups: asking.groups }, () => fleetOf(ports, subject, cloud))
  if (own.length === 0) return run
  const verdicts = [...(run.verdicts ?? []).filter(({ guard }) => guard !== 'group'), ...own]
  const decision = decisionOf(own)
  if (decision.says === 'allow') return { ...run, verdicts }
  const againMs = AGAIN_MS.least + ports.random() * (AGAIN_MS.most - AGAIN_MS.least)
  await wait(ports, { ...subject, subject: asking }, { verdict: decision.verdict, verdicts, againMs })
  return undefined
}
