import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CACHE } from './tools.ts'

/** What one tool says of the code that it reads. */
export interface Checked {
  /** The tool with its version, and how far it went. */
  by: string
  snippets: number
  /** Why it did not look, if it did not. */
  skipped?: string
  /** Each with page and line. */
  faults: string[]
}

/** An empty folder of the cache for the files of one check. */
export function freshFolder(name: string): string {
  const folder = join(CACHE, 'work', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

export function writeIn(folder: string, file: string, text: string): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}
