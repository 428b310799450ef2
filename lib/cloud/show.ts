import * as z from 'zod/mini'
import { type CallContext, type CallParts, requestOf } from './call.ts'
import { findProvider } from './find-provider.ts'
import type { Operation } from './operation.ts'

/** A request as it goes on the wire. Its headers are left out: they hold key ids and the signature. */
export const ShownRequest = z.object({
  api: said("The cloud's own name of the API"),
  method: said('HTTP method'),
  host: said('Host, with the port if it has one'),
  path: said('Path without the query'),
  query: z.record(z.string(), z.string()).check(z.describe('Parameters of the query')),
  body: z.optional(z.unknown().check(z.describe('The JSON body; absent = no body at all'))),
})

function said(description: string) {
  return z.string().check(z.describe(description))
}
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
