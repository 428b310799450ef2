import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of all data of a machine, unless `DATA_DIR` names another. An empty `DATA_DIR` counts as not set. */
export const DATA_DIR = '.steadyhand'

export function dataDirOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.DATA_DIR || DATA_DIR
}

/**
 * Rejects a folder with `tables`, where releases up to 0.4 kept records that this one does not read.
 * @throws {Error} saying what to do: open runs in there must not be silently lost
 */
export function refuseOldData(dataDir: string): void {
  if (!existsSync(join(dataDir, 'tables'))) return
  throw new Error(
    `${dataDir} holds the runs of release 0.4 or older (tables/), which this release does not read. Let them end under that ` +
      'release; then set DATA_DIR to a new folder, or move tables/, outcomes.jsonl and steadyhand.log away. ' +
      'api-token, webhook-secrets.json and clouds/ are read as they are',
  )
}
