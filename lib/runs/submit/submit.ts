import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import { requeueOrDrop } from '../chain.ts'
import { cloudFor, type RunOperation } from '../cloud-for.ts'
import { durationsOf } from '../durations/learned.ts'
import type { Held } from '../held.ts'
import { takeLease } from '../lease/lease.ts'
import { refuseUsedUp } from '../lease/used-up.ts'
import type { SubmitMessage } from '../messages.ts'
import { notSent, tooLateText, UNKNOWN_OPERATION } from '../outcomes.ts'
import type { Lease, Ports } from '../ports.ts'
import { unmet } from '../preconditions.ts'
import type { Run } from '../run.ts'
import { CLAIM_MS, extendedDeadline, isEarly, plusMs } from '../schedule.ts'
import { sizeClassOf } from '../size-class.ts'
import type { UsedUp } from '../tally.ts'
import { claim, end } from '../transition.ts'
import { contend } from './contend.ts'
import { enterGroups } from './enter-groups.ts'
import { passGuards } from './pass-guards.ts'
import { postponeOrFail, waitForPreparation } from './postpone-or-fail.ts'
import { prepare } from './prepare.ts'
import { reconcile } from './reconcile.ts'
import { type Intent, send } from './send.ts'

/** The call itself keeps at least this much of the time that is left, however long the baseline took. */
const CALL_MS = 12_000

/**
 * Sends queued runs to the provider, each at most once; those of one message in one call.
 *
 * Order, and the crash that each step answers: (1) take the lease: nobody else works on the resource; (2) prepare, where
 * the operation needs it, check its preconditions and read the baseline; (3) write the intent with it, conditionally: a repeated message loses
 * here; (4) call; (5) write the answer; (6) enqueue the first poll: if that is lost, the sweeper re-arms. A crash between
 * 3 and 5 leaves the run in `submitting`: it is reconciled by evidence, never by a guess (`reconcile`). Each run of a
 * batch has its own intent, so that a crash half way leaves each by itself at one of these steps.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function submit(ports: Ports, message: SubmitMessage, deadlineAtMs: number): Promise<void> {
  const ids = message.v === 1 ? [message.runId] : message.runIds
  const ready = await inParallel(ids, (id) => makeReady(ports, id, deadlineAtMs))
  const written = await inParallel(present(ready.values), (one) => writeIntent(ports, one, deadlineAtMs))
  const intents = present(written.values)
  if (intents.length > 0) await send(ports, intents, deadlineAtMs)
  // A failed run brings the message back; by then the others are no longer queued.
  throwFailures([...ready.failures, ...written.failures])
}

function present<Value>(values: readonly (Value | undefined)[]): Value[] {
  return values.filter((value) => value !== undefined)
}

/** A run that may be sent: it has its lease, and its baseline is read. */
interface Ready extends RunOperation {
  baseline: unknown
}

/** @returns undefined where the run is not to be sent now, and its next step is arranged */
async function makeReady(ports: Ports, id: string, deadlineAtMs: number): Promise<Ready | undefined> {
  const found = await ports.store.get(id)
  if (!found) return void ports.log('warn', 'submission of a run that is not stored', { runId: id })
  if (found.state !== 'queued' && found.state !== 'submitting') return undefined
  const now = ports.clock()
  if (isEarly(found, now)) return void (await requeueOrDrop(ports, found, now))
  if (found.state === 'submitting') return void (await reconcile(ports, found, deadlineAtMs))
  const run = await claimIfLate(ports, found, deadlineAtMs)
  if (!run) return undefined
  const operation = CATALOGUE.get(run.operation)
  if (!operation) {
    return void (await end(ports, run, { state: 'failed', outcome: notSent(run, UNKNOWN_OPERATION) }))
  }
  if (plusMs(now, CLAIM_MS) > run.deadlineAt) {
    return void (await end(ports, run, { state: 'timed-out', outcome: notSent(run, tooLateText(run)) }))
  }
  const passed = await passGuards(ports, { run, operation })
  if (!passed) return undefined
  const taken = await takeLease(ports, passed)
  if ('blockedBy' in taken) return void (await refuseOrContend(ports, { run: passed, ...taken }, deadlineAtMs))
  const cloud = cloudFor(ports, { run: passed, operation }, deadlineAtMs - CALL_MS)
  const admitted = await enterGroups(ports, { run: passed, operation }, cloud)
  if (!admitted) return undefined
  const subject = { run: admitted, operation }
  const gated = await cloud.gate()
  // A run that can never be sent is not prepared; work in progress may be the preparation.
  if (gated instanceof CloudError && !mayPass(gated.facts)) return void (await postponeOrFail(ports, subject, gated))
  const prepared = await prepare(ports, subject, cloud)
  if (prepared !== 'ready') return void (await waitForPreparation(ports, operation, prepared))
  if (gated instanceof CloudError) return void (await postponeOrFail(ports, subject, gated))
  const notMet = unmet(operation.name, await cloud.preconditions(gated))
  if (notMet) return void (await postponeOrFail(ports, subject, notMet))
  const baseline = await cloud.baseline(gated)
  if (baseline instanceof CloudError) return void (await postponeOrFail(ports, subject, baseline))
  return { run: { ...admitted, ...freeSince(taken.lease) }, operation, baseline }
}

/** When the previous run ended: work that began on the resource before that is not this run's. */
function freeSince({ history }: Lease): Pick<Run, 'freeSince'> {
  const endedAt = history?.at(-1)?.endedAt
  return endedAt ? { freeSince: endedAt } : {}
}

/** Claims a run whose message came late: else the sweeper would change it, again and again, while it is made ready. */
async function claimIfLate(ports: Ports, run: Run, deadlineAtMs: number): Promise<Run | undefined> {
  if (run.dueAt !== undefined && Date.parse(run.dueAt) >= deadlineAtMs) return run
  return claim(ports, run, { forMs: CLAIM_MS })
}

async function refuseOrContend(
  ports: Ports,
  { run, blockedBy }: { run: Run; blockedBy: Held | UsedUp },
  deadlineAtMs: number,
): Promise<void> {
  if ('limit' in blockedBy) return refuseUsedUp(ports, run, blockedBy)
  await contend(ports, { run, held: blockedBy }, deadlineAtMs)
}

/** @returns undefined where another worker was faster */
async function writeIntent(
  ports: Ports,
  { run, operation, baseline }: Ready,
  deadlineAtMs: number,
): Promise<Intent | undefined> {
  // The lease must outlive the work.
  const deadlineAt = extendedDeadline({ ...run, baseline }, operation, ports.clock())
  const taken = deadlineAt > run.deadlineAt ? await takeLease(ports, { ...run, deadlineAt }) : undefined
  if (taken && 'blockedBy' in taken) return void (await refuseOrContend(ports, { run, ...taken }, deadlineAtMs))
  const facts = { baseline, ...sizeClassOf(operation, { ...run, baseline }) }
  // Read before the intent: nothing may come between the cloud's answer and its record.
  const durations = await durationsOf(ports, { ...run, ...facts })
  const times = { sentAt: plusMs(ports.clock(), 0), sendByAt: run.deadlineAt, deadlineAt }
  const intent = await claim(ports, run, { forMs: CLAIM_MS, state: 'submitting', ...facts, ...times })
  return intent && { run: intent, operation, durations }
}
