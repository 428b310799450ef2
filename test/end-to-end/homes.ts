import type { Home } from './home.ts'
import { startOnAws } from './on-aws.ts'
import { startOnOneMachine } from './on-one-machine.ts'

/** Simulated work need not take real minutes. Faster, the clock would outrun the workers of a busy machine. */
const SPEED = 10

export const ONE_MACHINE: Home = {
  name: 'one machine',
  start: (options) => startOnOneMachine({ speed: SPEED, ...options }),
}

const AWS: Home = { name: 'AWS', start: (options) => startOnAws({ speed: SPEED, ...options }) }

/** The suite passes on each. */
export const HOMES = [ONE_MACHINE, AWS]
