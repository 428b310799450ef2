import { CloudError } from '../cloud/errors.ts'
import { mayPass } from '../cloud/retry.ts'
import type { CheckRequest, Finding, Precondition, PreconditionVerdict } from '../services/precondition.ts'
import type { Read } from '../services/tracking.ts'
import { orCloudError } from './or-cloud-error.ts'

/** A verdict; `failure`: the gate refused, or the cloud could not be read. */
export interface CheckedPrecondition {
  verdict: PreconditionVerdict
  failure?: CloudError
}

interface Facts {
  read: Read
  /** The answer of the gate, or the error instead of it. */
  gated: unknown
  request: CheckRequest<unknown, unknown>
}

/** Checks each precondition that the request asks for, in order. One that cannot be read does not hold. */
export async function checkPreconditions(
  preconditions: readonly Precondition[],
  facts: Facts,
): Promise<CheckedPrecondition[]> {
  const checked = await Promise.all(preconditions.map((one) => check(one, facts)))
  return checked.filter((one) => one !== undefined)
}

async function check(one: Precondition, { read, gated, request }: Facts): Promise<CheckedPrecondition | undefined> {
  const found = 'check' in one ? await orCloudError(() => one.check(read, request)) : foundByGate(one, gated)
  if (!found) return undefined
  const { name } = one
  if (!(found instanceof CloudError)) return { verdict: { guard: 'precondition', name, ...found } }
  const says = mayPass(found.facts) ? 'wait' : 'refuse'
  return { verdict: { guard: 'precondition', name, says, reason: found.message }, failure: found }
}

function foundByGate(
  { requires, shownByGate }: Extract<Precondition, { shownByGate: unknown }>,
  gated: unknown,
): Finding | CloudError {
  if (gated instanceof CloudError) return gated
  const figures = shownByGate(gated)
  return { says: 'allow', reason: requires, ...(figures ? { figures } : {}) }
}

/** Why an operation is not sent now: the first precondition that refuses it, else the first that waits. */
export function unmet(operation: string, checked: readonly CheckedPrecondition[]): CloudError | undefined {
  const one =
    checked.find(({ verdict }) => verdict.says === 'refuse') ?? checked.find(({ verdict }) => verdict.says === 'wait')
  if (!one) return undefined
  const { verdict, failure } = one
  const kind = verdict.says === 'wait' ? 'busy' : 'precondition'
  return failure ?? new CloudError({ operation, kind, change: 'none', what: verdict.reason })
}
