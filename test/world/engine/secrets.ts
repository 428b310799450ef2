import type { Worker } from './current.ts'
import { world } from './current.ts'

/** While Secrets Manager hangs, a sandbox that knows the secret goes on with it; a fresh one has none. */
export function lacksSecret(worker: Worker): boolean {
  const { hangs, faults } = world()
  if (hangs.until('secrets') === undefined) return false
  worker.hasSecret ??= faults.measure() < 0.5
  return !worker.hasSecret && hangs.now('secrets')
}

/** Two tries of 3 s, as lib/aws/secret.ts has it, and the wait between them. */
export const SECRET_MS = 6_200
