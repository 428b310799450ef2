import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder of its own, and what deletes it. */
export function temporaryFolder(): { folder: string; discard: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-'))
  return { folder, discard: () => rmSync(folder, { recursive: true, force: true }) }
}
