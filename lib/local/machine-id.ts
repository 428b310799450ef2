import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ID = /^urn:steadyhand:machine:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The `source` of all events of a machine, made at its first start and kept in `DATA_DIR/machine-id`: it goes where the data goes.
 * @throws {Error} where the file holds anything else: another id would make old events new ones for subscribers
 */
export function machineIdIn(dataDir: string): string {
  const file = join(dataDir, 'machine-id')
  const saved = read(file)
  if (saved !== undefined) {
    if (ID.test(saved)) return saved
    throw new Error(`${file} holds no id of a machine. Restore it; or delete it, and npm start makes another`)
  }
  const id = `urn:steadyhand:machine:${randomUUID()}`
  mkdirSync(dataDir, { recursive: true })
  // Synced before anything is told under it: another id would make old events new ones.
  writeFileSync(`${file}.draft`, `${id}\n`, { flush: true, mode: 0o600 })
  renameSync(`${file}.draft`, file)
  return id
}

/** @returns undefined where there is none, or a kill left it empty: then nobody has the id */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
