import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { jsonOf } from '../basics/json-of.ts'
import { RequestError } from './request-error.ts'

/** The filter of a list, without its page size and start. */
export interface ListScope {
  kind: string
  /** `createdAt` is this or later, and before `until` (ISO 8601). */
  since?: string | undefined
  until?: string | undefined
  /** All other filters, in a form that is equal for equal filters. */
  where?: readonly unknown[]
}

/** The last record of a page. Bounds: DynamoDB takes 2,048 bytes of a partition key, 1,024 of a sort key; ours are far shorter. */
const Key = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(300)),
  kind: z.string().check(z.minLength(1), z.maxLength(40)),
  createdAt: z.string().check(z.minLength(1), z.maxLength(40)),
})
export type CursorKey = z.infer<typeof Key>

const Cursor = z.extend(Key, { of: z.string() })

/** The opaque cursor of the page that ends with this record. */
export function encodeCursor(last: unknown, scope: ListScope): string {
  const { id, kind, createdAt } = Key.parse(last)
  return Buffer.from(JSON.stringify({ id, kind, createdAt, of: digestOf(scope) })).toString('base64url')
}

/**
 * The last record of the page before.
 * @throws {RequestError} if the cursor is forged or belongs to another filter
 */
export function decodeCursor(text: string, scope: ListScope): CursorKey {
  const cursor = Cursor.safeParse(jsonOf(Buffer.from(text, 'base64url').toString('utf8'))).data
  if (!cursor) throw forgedCursor()
  const { of, ...key } = cursor
  if (of !== digestOf(scope))
    throw new RequestError([
      { field: 'cursor', in: 'parameter', message: 'belongs to another filter: start the list again' },
    ])
  // Its digest is no proof, for anybody can make one. A list starts only within its scope.
  const isWithin = key.createdAt >= (scope.since ?? '') && (scope.until === undefined || key.createdAt < scope.until)
  if (key.kind !== scope.kind || !isWithin) throw forgedCursor()
  return key
}

function forgedCursor(): RequestError {
  return new RequestError([{ field: 'cursor', in: 'parameter', message: 'is not a cursor that this API gave' }])
}

function digestOf({ kind, since, until, where = [] }: ListScope): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, since, until, where]))
    .digest('base64url')
    .slice(0, 16)
}
