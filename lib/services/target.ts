import * as z from 'zod/mini'

/** Fields of the targets of all clouds. */
export const ACCOUNT_AND_REGION = {
  account: z.optional(
    z
      .string()
      .check(
        z.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be the name of an account: lower-case letters, digits, - and _'),
        z.describe('name of a configured account; absent = the default one'),
      ),
  ),
  /** Checked by pattern only: the clouds add regions without notice. */
  region: z.optional(
    z
      .string()
      .check(
        z.regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, 'must be a region id such as cn-north-4 or ap-guangzhou'),
        z.maxLength(32),
        z.describe('absent = the default one of its cloud'),
      ),
  ),
}

/** Whether no item is in a list twice. */
export function unique(items: unknown[]): boolean {
  return new Set(items).size === items.length
}

export function uniqueNames(items: { name: string }[]): boolean {
  return unique(items.map(({ name }) => name))
}
