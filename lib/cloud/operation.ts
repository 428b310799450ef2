import '../basics/issue-text.ts'
import type * as z from 'zod/mini'
import type { Service } from './service.ts'

/**
 * `read` changes nothing · `idempotent` may be sent again in doubt · `once` must reach the provider at most once per request.
 */
export type Effect = 'read' | 'idempotent' | 'once'

export interface RequestParts {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Absolute path, each segment percent-encoded; `{project_id}` is filled in by the provider. */
  path: string
  query?: Record<string, string>
  /** Becomes the JSON body; absent = no body at all. */
  body?: unknown
}

/** Headers of an answer; names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** One call of a cloud API, as data. `call()` runs them all. */
export interface Operation<Input = unknown, Output = unknown> {
  /** `<product>.<thing>.<verb>`, e.g. `dcs.instance.restart`. */
  name: string
  service: Service
  /** The provider's own name of the API, which several operations may share; its rate limit counts by it. */
  api: string
  /** The provider's page of the API. */
  docs: string
  effect: Effect
  input: z.ZodMiniType<Input>
  output: z.ZodMiniType<Output>
  /** Pure: the same input gives the same parts. (A method, so that operations of any input fit one catalogue.) */
  request(input: Input): RequestParts
  /** Bound of its answer in bytes; 1 MiB unless given. */
  maxBytes?: number
  /** For reads: how a list answers many of them at once. */
  shared?: SharedRead<Input, Output>
  /** Parses the text of a 2xx body for `output`; JSON unless given. @throws where it cannot */
  decode?(text: string, headers: Headers): unknown
}

/** A list that names what is at work. It answers the reads of those, and of no others (see `withSharedReads`). */
export interface SharedRead<Input, Output> {
  /** Reads of one kind, account and region share a list. */
  kind: string
  /** The resource that is read. */
  keyOf(input: Input): string
  list: Operation<{ page: number }, WorkPage<Output>>
}

/** One page of such a list. */
export interface WorkPage<Output> {
  /** Rows of this page. */
  rows: number
  /** Rows of all pages, by the cloud. */
  total: number
  /** Each resource that is certainly at work, with the answer that its own read would give. */
  atWork: [key: string, answer: Output][]
}

/** Keeps the types of input and output together where an operation is declared. */
export function operation<Input, Output>(declared: Operation<Input, Output>): Operation<Input, Output> {
  return declared
}
