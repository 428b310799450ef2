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

/** What came of an attempt that failed. @property date the server's, as it says it */
export interface FailedAttempt {
  failure: CloudErrorFacts
  signedAtMs: number
  date?: string
}

/** Signs, sends once, and reads what comes back. */
export async function attempt<Input, Output>(
  { send, clocks, nowMs }: AttemptParts,
  operation: Operation<Input, Output>,
  provider: Provider,
  request: RequestParts,
  timeoutMs: number,
): Promise<{ output: Output } | FailedAttempt> {
  const signedAtMs = clocks.serverMs(provider.origin, nowMs())
  let answer: CloudAnswer
  try {
    answer = await send(provider.prepare(operation.api, request, signedAtMs), timeoutMs, operation.effect === 'once')
  } catch (error) {
    if (!(error instanceof SendFailure)) throw error
    const { kind, change, message: what } = error
    return { failure: factsOf(operation, provider, { kind, change, what }, undefined, nowMs()), signedAtMs }
  }
  const reading = provider.read(answer, operation.decode)
  const checked = 'payload' in reading ? operation.output.safeParse(reading.payload) : undefined
  if (checked?.success) return { output: checked.data }
  const refusal = 'refusal' in reading ? reading.refusal : undocumented(checked?.error?.issues[0])
  const date = answerHeader(answer, 'date')
  return { failure: factsOf(operation, provider, refusal, answer, nowMs()), signedAtMs, ...(date ? { date } : {}) }
}

function undocumented(issue: { path: PropertyKey[]; message: string } | undefined): ProviderRefusal {
  const where = issue?.path.join('.') || 'body'
  const what = `the answer lacks what is documented: ${where}: ${issue?.message}`
  return { ...unreadable(what).refusal, otherShape: true }
}

/** What an endpoint says, or does not, that is another account's or nobody's. */
const ELSEWHERE: ReadonlySet<ErrorKind> = new Set(['network', 'unauthenticated', 'denied'])

function factsOf(
  operation: Operation,
  provider: Provider,
  refusal: ProviderRefusal,
  answer: CloudAnswer | undefined,
  nowMs: number,
): CloudErrorFacts {
  const { kind, change } = refusal
  const otherwise = ELSEWHERE.has(kind) ? provider.hint : undefined
  const clean = (text: string | undefined): string | undefined => text && redact(text, provider.secrets, MAX_ID)
  const serverMs = Date.parse(answerHeader(answer, 'date') ?? '') || nowMs
  const waitMs = retryAfterMs(answerHeader(answer, 'retry-after'), serverMs) ?? refusal.retryAfterMs
  const code = clean(refusal.code)
  const requestId = clean(answer && provider.requestId(answer))
  return {
    operation: operation.name,
    kind,
    change: operation.effect === 'read' ? 'none' : change,
    what: redact(otherwise ? `${refusal.what}; ${otherwise}` : refusal.what, provider.secrets),
    ...(code ? { code } : {}),
    ...(answer ? { status: answer.status } : {}),
    ...(requestId ? { requestId } : {}),
    ...(waitMs ? { retryAfterMs: waitMs } : {}),
    ...(refusal.byState ? { byState: true as const } : {}),
    ...(refusal.otherShape ? { otherShape: true as const } : {}),
  }
}

/** Codes and request ids have sixty characters at most. */
const MAX_ID = 80

export function answerHeader(answer: CloudAnswer | undefined, name: string): string | undefined {
  return [answer?.headers[name]].flat()[0]
}
