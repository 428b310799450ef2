import type { Home } from './home.ts'
import { startOnAws } from './on-aws.ts'
import { startOnOneMachine } from './on-one-machine.ts'

/**
 * Simulated work need not take real minutes. On one machine the time of a handler shrinks with the clock: of the 24 s of a
 * dry run five are left, which a busy machine may need. Those of the functions on AWS have their real time.
 */
const SPEEDS = { oneMachine: 5, aws: 10 }

export const ONE_MACHINE: Home = {
  name: 'one machine',
  start: (options) => startOnOneMachine({ speed: SPEEDS.oneMachine, ...options }),
}

const AWS: Home = { name: 'AWS', start: (options) => startOnAws({ speed: SPEEDS.aws, ...options }) }

/** The suite passes on each. */
export const HOMES = [ONE_MACHINE, AWS]
