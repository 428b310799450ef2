import * as z from 'zod/mini'
import { type CallContext, type CallParts, requestOf } from './call.ts'
import { findProvider } from './find-provider.ts'
import type { Operation } from './operation.ts'

/** A request as it goes on the wire. Its headers are left out: they hold key ids and the signature. */
export const ShownRequest = z.object({
  /** The provider's own name of the API; Tencent Cloud has it in a header. */
  api: z.string(),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.string()),
  /** Absent = no body at all. */
  body: z.optional(z.unknown()),
})
export type ShownRequest = z.infer<typeof ShownRequest>

/** Builds the request that `Call` would send, and sends nothing. @throws {CloudError} as `Call` does before it sends */
export type Show = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  context: CallContext,
) => Promise<ShownRequest>

/** Uses the check, builder and provider of `createCall`, so that the request shown is the request sent. */
export function createShow(parts: Pick<CallParts, 'provider' | 'nowMs'>): Show {
  return async (operation, input, context) => {
    const request = requestOf(operation, input)
    const provider = await findProvider(parts, operation, context)
    const { origin, method, path, body } = provider.prepare(operation.api, request, parts.nowMs())
    const [pathname = '', query = ''] = path.split('?')
    return {
      ...{ api: operation.api, method, host: new URL(origin).host, path: pathname },
      query: Object.fromEntries(new URLSearchParams(query)),
      ...(body === undefined ? {} : { body: JSON.parse(body) }),
    }
  }
}
