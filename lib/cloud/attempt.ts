import type { Clocks } from './clocks.ts'
import type { CloudErrorFacts, ErrorKind } from './errors.ts'
import { unreadable } from './json.ts'
import type { Operation, RequestParts } from './operation.ts'
import type { CloudAnswer, Provider, ProviderRefusal } from './provider.ts'
import { redact } from './redact.ts'
import { retryAfterMs } from './retry.ts'
import { type Send, SendFailure } from './send.ts'

export interface AttemptParts {
  send: Send
  clocks: Clocks
  nowMs: () => number
}

interface Attempt<Input, Output> {
  operation: Operation<Input, Output>
  provider: Provider
  request: RequestParts
}

/** @property date the `Date` header of the answer, where there was one */
export interface FailedAttempt {
  failure: CloudErrorFacts
  signedAtMs: number
  date?: string
}

/** Signs, sends once, and reads the answer. */
export async function attempt<Input, Output>(
  { send, clocks, nowMs }: AttemptParts,
  call: Attempt<Input, Output>,
  timeoutMs: number,
): Promise<{ output: Output } | FailedAttempt> {
  const { operation, provider } = call
  const signedAtMs = clocks.serverMs(provider.origin, nowMs())
  let answer: CloudAnswer
  try {
    const signed = provider.prepare(operation.api, call.request, signedAtMs)
    answer = await send(signed, { timeoutMs, fresh: operation.effect === 'once', maxBytes: operation.maxBytes })
  } catch (error) {
    if (!(error instanceof SendFailure)) throw error
    const { kind, change, message: what } = error
    return { failure: factsOf(call, { kind, change, what }, { nowMs: nowMs() }), signedAtMs }
  }
  const parsed = provider.read(answer, operation.decode)
  const checked = 'payload' in parsed ? operation.output.safeParse(parsed.payload) : undefined
  if (checked?.success) return { output: checked.data }
  const refusal = 'refusal' in parsed ? parsed.refusal : undocumented(checked?.error?.issues[0])
  const date = answerHeader(answer, 'date')
  return { failure: factsOf(call, refusal, { answer, nowMs: nowMs() }), signedAtMs, ...(date ? { date } : {}) }
}

function undocumented(issue: { path: PropertyKey[]; message: string } | undefined): ProviderRefusal {
  const field = issue?.path.join('.') || 'body'
  const what = `the answer differs from its documentation: ${field}: ${issue?.message}`
  return { ...unreadable(what).refusal, otherShape: true }
}

/** Failures that a wrong endpoint explains, too: it may belong to another site or to nobody. */
const MAY_BE_ENDPOINT: ReadonlySet<ErrorKind> = new Set(['network', 'unauthenticated', 'denied'])

function factsOf<Input, Output>(
  { operation, provider }: Attempt<Input, Output>,
  refusal: ProviderRefusal,
  { answer, nowMs }: { answer?: CloudAnswer; nowMs: number },
): CloudErrorFacts {
  const { kind, change } = refusal
  const hint = MAY_BE_ENDPOINT.has(kind) ? provider.hint : undefined
  const clean = (text: string | undefined): string | undefined => text && redact(text, provider.secrets, MAX_ID)
  const serverMs = Date.parse(answerHeader(answer, 'date') ?? '') || nowMs
  const waitMs = retryAfterMs(answerHeader(answer, 'retry-after'), serverMs) ?? refusal.retryAfterMs
  const code = clean(refusal.code)
  const requestId = clean(answer && provider.requestId(answer))
  return {
    operation: operation.name,
    kind,
    change: operation.effect === 'read' ? 'none' : change,
    what: redact(hint ? `${refusal.what}; ${hint}` : refusal.what, provider.secrets),
    ...(code ? { code } : {}),
    ...(answer ? { status: answer.status } : {}),
    ...(requestId ? { requestId } : {}),
    ...(waitMs ? { retryAfterMs: waitMs } : {}),
    ...(refusal.byState ? { byState: true as const } : {}),
    ...(refusal.otherShape ? { otherShape: true as const } : {}),
  }
}

/** Codes and request ids have at most sixty characters. */
const MAX_ID = 80

export function answerHeader(answer: CloudAnswer | undefined, name: string): string | undefined {
  return [answer?.headers[name]].flat()[0]
}
