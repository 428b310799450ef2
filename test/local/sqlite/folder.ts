import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes an empty folder. @returns it, and a function that deletes it */
export function temporaryFolder(): { folder: string; discard: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-'))
  return { folder, discard: () => rmSync(folder, { recursive: true, force: true }) }
}
