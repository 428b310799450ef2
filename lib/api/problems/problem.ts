import * as z from 'zod'
import type { FieldIssue } from '../../basics/field-issues.ts'
import { NoCredentials } from '../../cloud/provider.ts'
import { DeadLetterCutError } from '../../dead-letters/send-back.ts'
import { BodyError } from '../../http/body.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../../runs/request-error.ts'
import { Holder } from '../../runs/run.ts'
import { State } from '../../runs/states.ts'
import { UnreachableError } from '../../sources/fetch-text.ts'
import { NotConfiguredError } from '../../sources/settings.ts'
import { SignatureError } from '../../sources/verify/signature-error.ts'
import { ConflictError, MethodError, NotFoundError, PreconditionError } from './errors.ts'
import { isOverload } from './overload.ts'
import { PROBLEM_TYPES, type ProblemTypeName } from './types.ts'

const ProblemIssue = z.object({
  detail: z.string().describe('What is wrong, and what would be right'),
  pointer: z.string().optional().describe('JSON pointer to the field of the body, e.g. `#/target/instanceId`'),
  parameter: z.string().optional().describe('Name of the parameter of the query'),
  header: z.string().optional().describe('Name of the header'),
})

/** A problem document, RFC 9457: https://www.rfc-editor.org/rfc/rfc9457. */
export const Problem = z
  .object({
    type: z.string().describe('Address of the page that explains this type; its last segment names the type'),
    title: z.string().describe('The type in words, always the same'),
    status: z.int().describe('The HTTP status'),
    detail: z.string().describe('What happened here'),
    instance: z.string().optional().describe('Id of the request, as in the log: `urn:uuid:…`'),
    errors: z.array(ProblemIssue).optional().describe('The wrong fields, parameters and headers'),
    runId: z.string().optional().describe('Id of the run in conflict'),
    state: z.optional(State).describe('State of the run in conflict'),
    holder: z.optional(Holder).describe('The run that has the target, in a conflict'),
  })
  .describe('An error, as RFC 9457 describes it')
export type Problem = z.infer<typeof Problem>

/** An error as the caller sees it, before it has an address and an id. */
export interface FoundProblem extends Pick<Problem, 'detail' | 'errors' | 'runId' | 'state' | 'holder'> {
  type: ProblemTypeName
  headers?: Readonly<Record<string, string>>
}

/** The SDK has retried throttled requests by then. */
const RETRY_SOON = { 'retry-after': '5' }

/** Unauthenticated senders learn nothing of the configuration: which secrets exist, their names, which systems are asked. */
const UNPROVEN = 'This delivery is not proven to come from an allowed sender; the log has the reason'
const NOT_READY = 'Nothing was done: send it again later. The log has the reason'

/** The type of a body that cannot be read, by its status. */
const BODY_TYPES = { 400: 'unreadable-body', 413: 'body-too-large', 415: 'unsupported-media-type' } as const

type Row = (error: unknown, keyHeader: string) => FoundProblem | undefined

function row<Fault extends Error>(
  kind: abstract new (...of: never[]) => Fault,
  problem: (error: Fault, keyHeader: string) => Omit<FoundProblem, 'detail'> & { detail?: string },
): Row {
  return (error, keyHeader) =>
    error instanceof kind ? { detail: error.message, ...problem(error, keyHeader) } : undefined
}

const notReady = (): FoundProblem => ({ type: 'not-ready', detail: NOT_READY, headers: RETRY_SOON })

const ROWS: readonly Row[] = [
  row(RequestError, ({ issues }) => ({ type: 'invalid-request', errors: issues.map(asProblemIssue) })),
  row(BodyError, ({ status, message, headers }) => ({
    ...{ type: BODY_TYPES[status], headers },
    errors: [
      status === 415 ? { header: message.split(' ')[0] ?? '', detail: message } : { pointer: '#', detail: message },
    ],
  })),
  row(SignatureError, () => ({ type: 'unauthenticated', detail: UNPROVEN })),
  row(NotAllowedError, () => ({ type: 'not-allowed' })),
  row(NotFoundError, () => ({ type: 'not-found' })),
  row(MethodError, ({ allow }) => ({ type: 'method-not-allowed', headers: { allow } })),
  row(ConflictError, ({ type, run: { id, state, outcome } }) => ({
    ...{ type, runId: id, state },
    ...(outcome?.holder ? { holder: outcome.holder } : {}),
  })),
  row(DeadLetterCutError, () => ({ type: 'dead-letter-cut' })),
  row(PreconditionError, ({ message }) => ({ type: 'run-changed', errors: [{ header: 'If-Match', detail: message }] })),
  row(KeyReusedError, ({ message }, header) => ({ type: 'key-reused', errors: [{ header, detail: message }] })),
  // Operators must fix these. A sender that retries afterwards loses nothing.
  row(NotConfiguredError, notReady),
  row(UnreachableError, notReady),
  row(NoCredentials, notReady),
]

/** @param keyHeader the header of the caller's idempotency key. An unexpected error shows nothing of its content */
export function problemOf(error: unknown, keyHeader: string): FoundProblem {
  // The answer shows the gravest of several failures: the sender retries if one of them may pass.
  if (error instanceof AggregateError) {
    const problems = error.errors.map((one) => problemOf(one, keyHeader))
    const [gravest] = problems.sort((a, b) => statusOf(b) - statusOf(a))
    if (gravest) return gravest
  }
  for (const find of ROWS) {
    const problem = find(error, keyHeader)
    if (problem) return problem
  }
  if (isOverload(error)) {
    const detail = 'The store of records is overloaded or unreachable: try again with the same idempotency key'
    return { type: 'overloaded', detail, headers: RETRY_SOON }
  }
  return { type: 'internal-error', detail: 'No data is known to be lost: try again, or see the log' }
}

export function statusOf({ type }: Pick<FoundProblem, 'type'>): number {
  return PROBLEM_TYPES[type].status
}

function asProblemIssue({
  field,
  path,
  in: where,
  message: detail,
}: FieldIssue): NonNullable<Problem['errors']>[number] {
  if (where !== undefined) return { detail, [where]: field }
  const keys = path ?? (field === 'body' ? [] : field.split('.'))
  const tokens = keys.map((key) => key.slice(0, MAX_KEY).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))
  return { detail, pointer: `#${tokens.map((token) => `/${encodeURIComponent(token)}`).join('')}` }
}

/** Senders write the keys of their bodies. */
const MAX_KEY = 60
