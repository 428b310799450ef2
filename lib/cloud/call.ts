import { CloudError, type CloudErrorFacts } from './errors.ts'
import type { Operation } from './operation.ts'
import type { Answer, Provider } from './provider.ts'
import { backoffMs, MAX_ATTEMPTS, mayRepeat } from './retry.ts'
import { type Send, SendFailure } from './send.ts'

export interface CallPlace {
  /** Provider's region id, e.g. `cn-north-4`. */
  region: string
  /** When this call must have ended, all attempts and waits included (epoch ms). */
  deadlineAtMs: number
}

/**
 * Runs one operation: check input, build, sign, send, read a refusal, check output.
 * @throws {CloudError} whatever goes wrong; `facts.change` tells whether the change may have begun
 */
export type Call = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  place: CallPlace,
) => Promise<Output>

export interface CallParts {
  send: Send
  /** @throws {Error} where there are no credentials for it */
  provider: (name: Operation['provider'], region: string) => Provider
  nowMs: () => number
  /** Uniform in [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
}

/** One attempt gets at most this long, so that a hanging server leaves time for another attempt at a read. */
const ATTEMPT_TIMEOUT_MS = 8_000

export function createCall(parts: CallParts): Call {
  return async (operation, input, place) => {
    const checked = operation.input.safeParse(input)
    if (!checked.success) throw inputError(operation, checked.error.issues)
    const request = operation.request(checked.data)
    const provider = parts.provider(operation.provider, place.region)
    for (let attempt = 1; ; attempt++) {
      const result = await attemptOnce(parts, operation, provider, request, place.deadlineAtMs)
      if ('output' in result) return result.output
      const waitMs = backoffMs(attempt, parts.random(), result.failure.retryAfterMs)
      const fits = parts.nowMs() + waitMs < place.deadlineAtMs
      if (attempt >= MAX_ATTEMPTS || !fits || !mayRepeat(result.failure, operation.effect)) {
        throw new CloudError(result.failure)
      }
      await parts.sleep(waitMs)
    }
  }
}

type Result<Output> = { output: Output } | { failure: CloudErrorFacts }

async function attemptOnce<Input, Output>(
  parts: CallParts,
  operation: Operation<Input, Output>,
  provider: Provider,
  request: ReturnType<Operation['request']>,
  deadlineAtMs: number,
): Promise<Result<Output>> {
  const failure = (facts: Omit<CloudErrorFacts, 'operation'>): Result<Output> => ({
    failure: {
      ...facts,
      operation: operation.name,
      what: redact(facts.what, provider.secrets),
      change: operation.effect === 'read' ? 'none' : facts.change,
    },
  })
  try {
    const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, deadlineAtMs - parts.nowMs())
    const wire = provider.prepare(request, parts.nowMs())
    const answer = await parts.send(wire, timeoutMs, operation.effect === 'once')
    const about = { status: answer.status, ...optional('requestId', provider.requestId(answer)) }
    const refusal = provider.refusal(answer)
    if (refusal)
      return failure({ ...refusal, ...about, ...optional('retryAfterMs', retryAfterMs(answer, parts.nowMs())) })
    const output = readOutput(operation, answer.text)
    if (output.success) return { output: output.data }
    return failure({ kind: 'unreadable', change: 'unknown', what: `the answer ${output.reason}`, ...about })
  } catch (error) {
    if (!(error instanceof SendFailure)) throw error
    return failure({ kind: error.kind, change: error.change, what: error.message })
  }
}

function readOutput<Input, Output>(
  operation: Operation<Input, Output>,
  text: string,
): { success: true; data: Output } | { success: false; reason: string } {
  let decoded: unknown
  try {
    decoded = operation.decode ? operation.decode(text) : JSON.parse(text)
  } catch {
    return { success: false, reason: `is not JSON: ${JSON.stringify(text.slice(0, 80))}` }
  }
  const checked = operation.output.safeParse(decoded)
  if (checked.success) return checked
  const [issue] = checked.error.issues
  return { success: false, reason: `lacks what is documented: ${issue?.path.join('.') || 'body'}: ${issue?.message}` }
}

function inputError(operation: Operation, issues: { path: PropertyKey[]; message: string }[]): CloudError {
  const what = issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ')
  return new CloudError({ operation: operation.name, kind: 'input', change: 'none', what })
}

/** `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(answer: Answer, nowMs: number): number | undefined {
  const header = [answer.headers['retry-after']].flat()[0]
  if (header === undefined) return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined
}

/** Longer than any run lives. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000

/** Providers echo what they were sent, the Authorization header's parts included. */
const MAX_MESSAGE = 300

function redact(text: string, secrets: string[]): string {
  const echoless = text.replace(/,?\s*canonicalRequest:.*/s, '')
  return (
    secrets
      // Real keys have twenty characters and more; a shorter one would tear holes into words.
      .filter((secret) => secret.length >= 8)
      .reduce((clean, secret) => clean.replaceAll(secret, '***'), echoless)
      .slice(0, MAX_MESSAGE)
  )
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value }) // the computed key widens to string
}
