import type { Chance } from './chance.ts'
import type { Clock } from './clock.ts'
import type { Cloud } from './cloud.ts'
import type { Faults } from './faults.ts'
import type { Lambda } from './lambda.ts'
import type { Log } from './log.ts'
import type { Queues } from './queues.ts'
import type { Table } from './table.ts'
import type { Topic } from './topic.ts'
import type { Witness } from './witness.ts'

/** One world: everything outside of the handlers. */
export interface Sim {
  clock: Clock
  chance: Chance
  /** Numbers whatever needs an id. */
  nextId: () => number
  /** How long the network takes (ms). */
  travelMs: () => number
  faults: Faults
  table: Table
  queues: Queues
  topic: Topic
  cloud: Cloud
  lambda: Lambda
  /** What must not happen is told here. */
  witness: Witness
  /** Kept only where somebody will read it. */
  log: Log | undefined
}
