import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import { orCloudError, readerOf } from '../ask.ts'
import { requeueOrDrop } from '../chain.ts'
import type { Held } from '../lease/held.ts'
import { takeLease } from '../lease/lease.ts'
import type { UsedUp } from '../lease/tally.ts'
import { refuseUsedUp } from '../lease/used-up.ts'
import type { SubmitMessage } from '../messages.ts'
import { notSent, tooLate, UNKNOWN_OPERATION } from '../outcomes.ts'
import type { Lease, Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { CLAIM_MS, deadlineOf, isEarly, plusMs } from '../schedule.ts'
import { claim, end } from '../transition.ts'
import { contend } from './contend.ts'
import { postponeOrFail, waitForPreparation } from './postpone-or-fail.ts'
import { prepare } from './prepare.ts'
import { reconcile } from './reconcile.ts'
import { type Intent, send } from './send.ts'

/** The call itself keeps at least this much of the time that is left, whatever the baseline took. */
const CALL_MS = 12_000

/**
 * Sends queued runs to the provider, each at most once; those of one message in one call.
 *
 * Order, and the crash that each part answers: (1) take the lease: nobody else works on the resource; (2) prepare, where
 * the operation wants that, and read the baseline; (3) write the intent with it, conditionally: a repeat of the message
 * loses here; (4) call; (5) write what came of it; (6) enqueue the first poll: if that is lost, the sweeper re-arms. A
 * crash between 3 and 5 leaves the run in `submitting`: what became of it is looked for, never guessed (`reconcile`).
 * Each run of a batch has its own intent, so that a crash half way leaves each by itself in one of these places.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function submit(ports: Ports, message: SubmitMessage, deadlineAtMs: number): Promise<void> {
  const ids = message.v === 1 ? [message.runId] : message.runIds
  const ready = await inParallel(ids, (id) => makeReady(ports, id, deadlineAtMs))
  const written = await inParallel(present(ready.values), (one) => writeIntent(ports, one, deadlineAtMs))
  const intents = present(written.values)
  if (intents.length > 0) await send(ports, intents, deadlineAtMs)
  // One that failed brings the message back; the others are no longer queued then.
  throwFailures([...ready.failures, ...written.failures])
}

function present<Value>(values: readonly (Value | undefined)[]): Value[] {
  return values.filter((value) => value !== undefined)
}

/** A run that may be sent: it has its lease, and the baseline is read. */
interface Ready extends Intent {
  baseline: unknown
}

/** @returns undefined where it is not to be sent now, and all is done for it */
async function makeReady(ports: Ports, id: string, deadlineAtMs: number): Promise<Ready | undefined> {
  const found = await ports.store.get(id)
  if (!found) return void ports.log('warn', 'submission of a run that is not stored', { runId: id })
  if (found.state !== 'queued' && found.state !== 'submitting') return undefined
  const now = ports.clock()
  if (isEarly(found, now)) return void (await requeueOrDrop(ports, found, now))
  if (found.state === 'submitting') return void (await reconcile(ports, found, deadlineAtMs))
  const run = await takeInHand(ports, found, deadlineAtMs)
  if (!run) return undefined
  const operation = CATALOGUE.get(run.operation)
  if (!operation) {
    return void (await end(ports, run, 'failed', notSent(run, UNKNOWN_OPERATION)))
  }
  if (plusMs(now, CLAIM_MS.submit) > run.deadlineAt) {
    return void (await end(ports, run, 'timed-out', notSent(run, tooLate(run))))
  }
  const taken = await takeLease(ports, run)
  if ('not' in taken) return void (await notNow(ports, run, taken.not, deadlineAtMs))
  const read = readerOf(ports, run, deadlineAtMs - CALL_MS)
  const seen = await orCloudError(operation.tracking.gate?.(read, run.target, run.params) ?? Promise.resolve())
  // What cannot be is not prepared; what is at work may be the preparation.
  if (seen instanceof CloudError && !mayPass(seen.facts))
    return void (await postponeOrFail(ports, run, { operation, error: seen }))
  const prepared = await prepare(ports, run, operation, deadlineAtMs - CALL_MS)
  if (prepared !== 'ready') return void (await waitForPreparation(ports, operation, prepared))
  if (seen instanceof CloudError) return void (await postponeOrFail(ports, run, { operation, error: seen }))
  const baseline = await orCloudError(operation.tracking.baseline(read, run.target, seen))
  if (baseline instanceof CloudError) return void (await postponeOrFail(ports, run, { operation, error: baseline }))
  return { run: { ...run, ...freeSince(taken.lease) }, operation, baseline }
}

/** When the run before it ended: what began on the resource before is not this one's. */
function freeSince({ history }: Lease): Pick<Run, 'freeSince'> {
  const endedAt = history?.at(-1)?.endedAt
  return endedAt ? { freeSince: endedAt } : {}
}

/** A message that came late: the sweeper would change the run while it is made ready, each time anew. */
async function takeInHand(ports: Ports, run: Run, deadlineAtMs: number): Promise<Run | undefined> {
  if (run.dueAt !== undefined && Date.parse(run.dueAt) >= deadlineAtMs) return run
  return claim(ports, run, { forMs: CLAIM_MS.submit })
}

async function notNow(ports: Ports, run: Run, held: Held | UsedUp, deadlineAtMs: number): Promise<void> {
  await ('limit' in held ? refuseUsedUp(ports, run, held) : contend(ports, run, held, deadlineAtMs))
}

/** @returns undefined where somebody else was faster */
async function writeIntent(
  ports: Ports,
  { run, operation, baseline }: Ready,
  deadlineAtMs: number,
): Promise<Intent | undefined> {
  // The lease must outlive the work.
  const deadlineAt = deadlineOf({ ...run, baseline }, operation, ports.clock())
  const taken = deadlineAt > run.deadlineAt ? await takeLease(ports, { ...run, deadlineAt }) : undefined
  if (taken && 'not' in taken) return void (await notNow(ports, run, taken.not, deadlineAtMs))
  const times = { sentAt: plusMs(ports.clock(), 0), sendByAt: run.deadlineAt, deadlineAt }
  const intent = await claim(ports, run, { forMs: CLAIM_MS.submit, state: 'submitting', baseline, ...times })
  return intent && { run: intent, operation }
}
