import { ONE_MACHINE } from '../end-to-end/homes.ts'
import { instance, startTestMachine, type TestMachine } from '../end-to-end/test-machine.ts'

/** More than there are clients. */
const INSTANCES = Array.from({ length: 20 }, (_, index) => instance(index + 1))

/** Long enough that a queued run is cancelled before the one ahead of it ends. */
const SWAP_MS = 20_000

/** The product with simulated clouds, in this process. It needs no token: nothing but this machine reaches it. */
export function startMachine(): Promise<TestMachine> {
  return startTestMachine(ONE_MACHINE, { dcs: { workMs: { swap: SWAP_MS }, instances: INSTANCES } })
}

/** Of the checks that ask for a run. */
export const CHECK_INSTANCE = instanceIdOf(INSTANCES.length - 1)

/** An instance of its own for each client. */
export function instanceIdOf(index: number): string {
  const seed = INSTANCES[index]
  if (!seed) throw new Error('machine.ts has too few instances')
  return seed.id
}
