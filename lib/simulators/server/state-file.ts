import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type * as z from 'zod'

/** @returns undefined where no file exists yet. @throws {ZodError | SyntaxError} for a file that does not fit the schema */
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

/** Writes by rename: a kill at any moment leaves the old file or the new one. */
export function saveState(file: string | undefined, state: object): void {
  if (file === undefined) return
  const draft = `${file}.tmp`
  writeFileSync(draft, JSON.stringify(state))
  renameSync(draft, file)
}
