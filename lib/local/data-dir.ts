import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where a machine keeps all that it has, unless `DATA_DIR` says otherwise. Set, but empty, is not set. */
export const DATA_DIR = '.steadyhand'

export function dataDirOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.DATA_DIR || DATA_DIR
}

/**
 * Releases up to 0.4 kept their records in `tables`, which this one does not read.
 * @throws {Error} saying what to do: what is under way there must not be forgotten without a word
 */
export function refuseOldData(dataDir: string): void {
  if (!existsSync(join(dataDir, 'tables'))) return
  throw new Error(
    `${dataDir} holds the runs of release 0.4 or older (tables/), which this release does not read. Let them end under that ` +
      'release; then set DATA_DIR to a new folder, or move tables/, outcomes.jsonl and steadyhand.log away. ' +
      'api-token, webhook-secrets.json and clouds/ are read as they are',
  )
}
