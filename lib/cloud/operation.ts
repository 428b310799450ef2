import '../basics/issue-text.ts'
import type * as z from 'zod/mini'
import type { Service } from './service.ts'

/**
 * `read` changes nothing · `idempotent` may be sent again on doubt · `once` must reach the provider at most once for one wish.
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

/** Of an answer; names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** One call of a cloud API, as data. `call()` runs them all alike. */
export interface Operation<Input = unknown, Output = unknown> {
  /** `<product>.<thing>.<verb>`, e.g. `dcs.instance.restart`. */
  name: string
  service: Service
  /** The provider's own name of the API, which several operations may share: what its rate limit counts. */
  api: string
  /** The provider's page that documents it. */
  docs: string
  effect: Effect
  input: z.ZodMiniType<Input>
  output: z.ZodMiniType<Output>
  /** Pure: the same input gives the same parts. (A method, so that operations of any input fit one catalogue.) */
  request(input: Input): RequestParts
  /** Turns the text of a 2xx body into what `output` checks; JSON unless stated. @throws where it cannot */
  decode?(text: string, headers: Headers): unknown
}

/** Keeps the types of input and output together where an operation is declared. */
export function operation<Input, Output>(declared: Operation<Input, Output>): Operation<Input, Output> {
  return declared
}
