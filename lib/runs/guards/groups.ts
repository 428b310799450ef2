import * as z from 'zod/mini'
import { DEFAULT_ACCOUNT } from '../../cloud/accounts.ts'
import { CloudError } from '../../cloud/errors.ts'
import type { Member } from '../../services/fleet.ts'
import { givesWay, hasEnded, mayStillArrive } from '../held.ts'
import { isReleased } from '../lease/lease.ts'
import { record } from '../record.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import {
  changeGuard,
  type GuardKind,
  type GuardPorts,
  GuardRecord,
  readGuard,
  type TellingPorts,
} from './guard-record.ts'
import type { Group } from './settings.ts'
import { groupsOf, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/**
 * The number of resources of a group that are worked on at once. A run takes a slot by a conditional write once it has its lease,
 * and is sent after that. Nobody gives a slot back: the record of its run shows whether it still counts, whatever crashed.
 */

const Slot = record({ runId: z.string(), resource: z.string(), at: z.string() })
type Slot = z.infer<typeof Slot>

const SlotsRecord = record({ ...GuardRecord.shape, slots: z.array(Slot) })
type SlotsRecord = z.infer<typeof SlotsRecord>

const KIND: GuardKind<SlotsRecord> = { schema: SlotsRecord, initial: { slots: [] } }

const documentOf = (group: string) => ({ id: `guard:slots/${group}`, kind: KIND })

interface Asking {
  run: Run
  /** A person decides for himself: his run counts, and never waits. */
  isBound: boolean
  /** Reads the resources of the run's service, in its account and region. */
  fleet: () => Promise<Member[] | CloudError>
}

/**
 * Takes a slot in each group of the run's resource that limits them, and keeps those that it has.
 * @returns a verdict of each; none where no group limits it. After one that says wait, the others are not asked
 * @throws {Error} where that cannot be known
 */
export async function takeSlots(
  ports: TellingPorts,
  { run, groups }: { run: Run; groups: Subject['groups'] },
  fleet: Asking['fleet'],
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const [name, group] of groups.filter(([, one]) => limitsSlots(one))) {
    const verdict = await takeSlot(ports, { name, group }, { run, isBound: run.source.kind !== 'http', fleet })
    verdicts.push(verdict)
    if (verdict.says === 'wait') break
  }
  return verdicts
}

export function limitsSlots({ maxAtOnce, maxPercent, minHealthy }: Group): boolean {
  return [maxAtOnce, maxPercent, minHealthy].some((one) => one !== undefined)
}

interface NamedGroup {
  name: string
  group: Group
}

async function takeSlot(ports: TellingPorts, of: NamedGroup, { run, isBound, fleet }: Asking): Promise<Verdict> {
  const { name, group } = of
  const asksCloud = isBound && (group.maxPercent !== undefined || group.minHealthy !== undefined)
  return changeGuard(ports, documentOf(name), async ({ slots }, nowMs) => {
    // While it gave way it did not count: another run that saw this must lose the race for the slot.
    const isKept = slots.some(({ runId }) => runId === run.id) && (!run.wasHeldBack || run.preparedAt !== undefined)
    if (isKept) return { answer: { guard: 'group', says: 'allow', reason: `it has its place in group ${name}` } }
    const members = asksCloud ? await fleet() : []
    if (members instanceof CloudError) return { answer: waits(uncountedText(name, members)) }
    const others = await countingSlots(
      ports,
      slots.filter(({ resource }) => resource !== run.resource),
    )
    const counted = isBound ? countIn(of, { run, others, members }) : [UNBOUND]
    const full = counted.find(({ isFull }) => isFull)
    if (full) return { answer: waits(`${full.text}${runsText(others)}`) }
    const answer: Verdict = { guard: 'group', says: 'allow', reason: counted.map(({ text }) => text).join('; ') }
    const slot = { runId: run.id, resource: run.resource, at: plusMs(nowMs, 0) }
    return { write: { slots: [...others.map((one) => one.slot), slot] }, answer }
  })
}

function uncountedText(name: string, { message }: CloudError): string {
  return `group ${name}: its resources cannot be counted: ${message}`
}

function waits(reason: string): Verdict {
  return { guard: 'group', says: 'wait', reason }
}

/** A slot with the run that has it. */
interface Counting {
  slot: Slot
  run: Run
}

async function countingSlots(ports: GuardPorts, slots: readonly Slot[]): Promise<Counting[]> {
  const runs = await Promise.all(slots.map(({ runId }) => ports.store.get(runId)))
  const found = slots.flatMap((slot, index) => {
    const run = runs[index]
    return run ? [{ slot, run }] : []
  })
  const count = await Promise.all(found.map(({ run }) => mayBeAtWork(ports, run)))
  return found.filter((_, index) => count[index])
}

/** Whether the cloud may be at work for a run, or is about to be. One that ended in doubt counts as long as its lease holds. */
async function mayBeAtWork({ store, clock }: GuardPorts, run: Run): Promise<boolean> {
  if (!isFinal(run.state)) return !givesWay(run)
  if (hasEnded(run)) return mayStillArrive(run, clock())
  const lease = await store.getLease(run.resource)
  return lease?.holder?.runId === run.id && !isReleased(run, lease, clock())
}

interface Count {
  isFull: boolean
  text: string
}

const UNBOUND: Count = { isFull: false, text: 'a run of a person does not wait for its group' }

/** How much of each limit of a group others use. */
function countIn(
  { name, group }: NamedGroup,
  { run, others, members }: { run: Run; others: readonly Counting[]; members: readonly Member[] },
): Count[] {
  const { maxAtOnce, maxPercent, minHealthy } = group
  const own = members.filter(({ resource }) => groupsOf(resource, { [name]: group }).length > 0)
  const near = others.filter((one) => isNear(one.run, run))
  const counts: Count[] = []
  if (maxAtOnce !== undefined) {
    counts.push(atOnce(others.length, maxAtOnce, `at once in group ${name}`))
  }
  if (maxPercent !== undefined) {
    const share = Math.max(1, Math.floor((own.length * maxPercent) / 100))
    counts.push(atOnce(near.length, share, `at once in group ${name} (${maxPercent} % of ${own.length})`))
  }
  if (minHealthy !== undefined) {
    const busy = new Set([run.resource, ...others.map(({ slot }) => slot.resource)])
    const healthy = own.filter(({ resource, isHealthy }) => isHealthy && !busy.has(resource)).length
    counts.push({
      isFull: healthy < minHealthy,
      text: `${healthy} others of group ${name} are healthy and left alone, and ${minHealthy} must be`,
    })
  }
  return counts
}

function atOnce(used: number, max: number, what: string): Count {
  return { isFull: used >= max, text: `${used} of ${max} ${what}` }
}

/** Whether two runs work for one service in one account and region. */
function isNear(one: Run, other: Run): boolean {
  const placeOf = ({ resource, target: { account = DEFAULT_ACCOUNT, region } }: Run): string =>
    [resource.slice(0, resource.lastIndexOf('/')), account, region].join(' ')
  return placeOf(one) === placeOf(other)
}

const MAX_SHOWN = 10

function runsText(others: readonly Counting[]): string {
  if (others.length === 0) return ''
  const shown = others.slice(0, MAX_SHOWN).map(({ slot }) => slot.runId)
  const more = others.length - shown.length
  return `: ${[...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`
}

/** The runs that count in a group now. */
export async function slotsIn(ports: GuardPorts, name: string): Promise<Counting[]> {
  const { slots } = await readGuard(ports, documentOf(name))
  return countingSlots(ports, slots)
}
