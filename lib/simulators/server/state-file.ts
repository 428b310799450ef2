import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type * as z from 'zod'

/** The saved state, or nothing where no file is yet. Throws on a file that is not of this schema. */
export function loadState<State>(schema: z.ZodType<State>, file: string | undefined): State | undefined {
  if (file === undefined) return undefined
  let saved: string
  try {
    saved = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return schema.parse(JSON.parse(saved))
}

/** Synchronous, and by rename: whoever is killed at any moment leaves the old file or the new one. */
export function saveState(file: string | undefined, state: object): void {
  if (file === undefined) return
  const draft = `${file}.tmp`
  writeFileSync(draft, JSON.stringify(state))
  renameSync(draft, file)
}
