import { join } from 'node:path'
import { rulesCommand } from '../../../lib/local/rules/command.ts'
import type { Console } from '../../../lib/local/rules/console.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** What a command printed, and its exit code. */
export interface Ran {
  code: number
  out: string
  err: string
}

/** Runs `npm run rules -- <args>` in this process. */
export async function ran(args: string[], given: Partial<Console> & { input?: string } = {}): Promise<Ran> {
  const { input = '', ...console } = given
  const printed = { out: '', err: '' }
  const code = await rulesCommand(args, {
    root: ROOT,
    environment: {},
    nowMs: Date.parse('2026-12-01T00:00:00Z'),
    readInput: async () => input,
    out: (text) => {
      printed.out += `${text}\n`
    },
    err: (text) => {
      printed.err += `${text}\n`
    },
    ...console,
  })
  return { code, ...printed }
}
