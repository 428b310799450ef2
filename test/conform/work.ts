import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from './generator.ts'

/** Empties the folder of work, and puts the document and the program, if there is one, into it. */
export function fillWork({ work }: Place, name: string, document: string): void {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work)
  writeFileSync(join(work, 'openapi.json'), document)
  const program = join(import.meta.dirname, 'clients', name)
  if (existsSync(program)) cpSync(program, work, { recursive: true })
}
