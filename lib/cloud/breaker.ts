import type { Call, CallContext } from './call.ts'
import { CloudError, type ErrorKind } from './errors.ts'
import { memo } from './memo.ts'
import type { Operation } from './operation.ts'

/** Calls in a row without an answer that open the circuit. */
const OPENS_AFTER = 3

/** Pause before one call is let through as a probe; it doubles each time the probe gets no answer either. */
const OPEN_MS = 5_000
const MAX_OPEN_MS = 30_000

/** Kinds that show that a cloud does not answer. */
const NO_ANSWER: ReadonlySet<ErrorKind> = new Set(['timeout', 'network', 'unavailable'])

/** More circuits than one process uses. */
const MAX_CIRCUITS = 200

interface Circuit {
  /** Calls in a row without an answer. */
  failures: number
  /** Times in a row that it was opened; 0 = closed. */
  openings: number
  openUntilMs: number
}

/**
 * Keeps a cloud that hangs from blocking the calls to others: each of its calls takes seconds of a worker's few slots. It counts
 * per cloud, service, account and region, in this process alone. A call that it holds back fails as `unavailable`, unsent.
 */
export function withBreaker(call: Call, nowMs: () => number): Call {
  const circuitOf = memo(MAX_CIRCUITS, (): Circuit => ({ failures: 0, openings: 0, openUntilMs: 0 }))
  return async (operation, input, context) => {
    const { provider, name } = operation.service
    const circuit = circuitOf(`${provider}/${name}/${context.account ?? ''}/${context.region}`)
    const now = nowMs()
    const isProbe = circuit.openings > 0
    // The second bound is for a clock that was set back.
    const isOpen = isProbe && now < circuit.openUntilMs && circuit.openUntilMs - now <= MAX_OPEN_MS
    if (isOpen) throw heldBack(operation, context, { ...circuit, waitMs: circuit.openUntilMs - now })
    // One probe goes ahead; the others wait for its result.
    if (isProbe) circuit.openUntilMs = now + openMs(circuit.openings)
    try {
      const output = await call(operation, input, context)
      close(circuit)
      return output
    } catch (error) {
      if (error instanceof CloudError) countFailure(circuit, error, { isProbe, nowMs: nowMs() })
      throw error
    }
  }
}

function close(circuit: Circuit): void {
  circuit.failures = 0
  circuit.openings = 0
}

function countFailure(
  circuit: Circuit,
  { facts: { kind, unsent } }: CloudError,
  { isProbe, nowMs }: { isProbe: boolean; nowMs: number },
): void {
  // An unsent probe shows nothing: the next call may be the probe.
  if (unsent && isProbe) circuit.openUntilMs = nowMs
  if (unsent) return
  if (!NO_ANSWER.has(kind)) {
    close(circuit)
    return
  }
  circuit.failures++
  // A call that was under way when the circuit opened is no probe, and shows nothing new.
  if (!isProbe && (circuit.openings > 0 || circuit.failures < OPENS_AFTER)) return
  circuit.openings++
  circuit.openUntilMs = nowMs + openMs(circuit.openings)
}

function openMs(openings: number): number {
  return Math.min(MAX_OPEN_MS, OPEN_MS * 2 ** (openings - 1))
}

function heldBack(
  { name, service }: Pick<Operation, 'name' | 'service'>,
  { region }: CallContext,
  { failures, waitMs: retryAfterMs }: { failures: number; waitMs: number },
): CloudError {
  const pause = `not asked again for ${Math.ceil(retryAfterMs / 1000)} s`
  const what = `${service.provider} in ${region} did not answer ${failures} calls in a row; ${pause}`
  return new CloudError({ operation: name, kind: 'unavailable', change: 'none', what, retryAfterMs, unsent: true })
}
