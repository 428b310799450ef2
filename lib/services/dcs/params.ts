import * as z from 'zod/mini'

/** The options of DCS operations. */

export const NoParams = z.strictObject({})

/** Options of a restart. */
export const RestartParams = z.strictObject({
  cancelBackup: z.optional(
    z.boolean().check(z.describe('restarts while a backup is made, which cancels the backup; otherwise it waits')),
  ),
})

/** Options of operations that stop or delete. */
export const BackupParams = z.strictObject({
  ensureBackup: z.optional(
    z.boolean().check(z.describe('makes a backup first, unless a good one of the last 24 h is there')),
  ),
})
export type BackupParams = z.infer<typeof BackupParams>
