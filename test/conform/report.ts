import type { Check } from './check.ts'
import type { Generator } from './generator.ts'
import { COLUMNS, type Tried } from './try-generator.ts'
import { VERSIONS } from './versions.ts'

export const HEADING = lineOf('generator', 'version', COLUMNS)

export function generatorLine({ name, tool }: Generator, { done, missing }: Tried): string {
  if (missing.length > 0) return skippedLine(name, tool, missing)
  const cells = COLUMNS.map((column) => (done.has(column) ? 'yes' : 'NO'))
  return lineOf(name, VERSIONS[tool], cells)
}

export function checkLine({ name, tool }: Check, { missing, error }: Pick<Tried, 'missing' | 'error'>): string {
  if (missing.length > 0) return skippedLine(name, tool, missing)
  return lineOf(name, VERSIONS[tool], [error ? 'NO' : 'yes'])
}

function skippedLine(name: string, tool: keyof typeof VERSIONS, missing: readonly string[]): string {
  return lineOf(name, VERSIONS[tool], [`skipped: no ${missing.join(', ')}`])
}

function lineOf(name: string, version: string, cells: readonly string[]): string {
  return `${name.padEnd(36)}${version.padEnd(9)} ${cells.map((cell) => cell.padEnd(10)).join('')}`.trimEnd()
}
