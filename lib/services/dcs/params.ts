import * as z from 'zod/mini'

/** The options of DCS operations. */

export const NoParams = z.strictObject({})

/** Options of a restart. */
export const RestartParams = z.strictObject({
  cancelBackup: z.optional(
    z.boolean().check(z.describe('restarts while a backup is made, which cancels the backup; otherwise it waits')),
  ),
})

/** DCS keeps automatic backups for a week at most (backup policy, `save_days`). */
export const MAX_BACKUP_MINUTES = 7 * 24 * 60

/** Options of operations that stop or delete. */
export const BackupParams = z.strictObject({
  ensureBackup: z.optional(
    z.boolean().check(z.describe('makes a backup first, unless a good one of the last 24 h is there')),
  ),
  backupWithinMinutes: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(MAX_BACKUP_MINUTES),
        z.describe('sends nothing unless a good backup is at most so old'),
      ),
  ),
})
export type BackupParams = z.infer<typeof BackupParams>
