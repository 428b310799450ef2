import type { Call } from '../../../lib/cloud/call.ts'
import type { Durations } from '../../../lib/runs/durations/durations.ts'
import type { Log } from '../../../lib/runs/ports.ts'
import type { Chance } from './chance.ts'
import type { Clock } from './clock.ts'
import type { Cloud } from './cloud.ts'
import type { Conditions } from './conditions.ts'
import type { Faults } from './faults.ts'
import type { Hangs } from './hangs.ts'
import type { Lambda } from './lambda.ts'
import type { Log as Story } from './log.ts'
import type { Machine } from './machine/machine.ts'
import type { Meter } from './meter.ts'
import type { Queues } from './queues.ts'
import type { Service } from './request.ts'
import type { Table } from './table.ts'
import type { Topic } from './topic.ts'
import type { Witness } from './witness.ts'

/** One world: everything outside of the handlers. */
export interface Sim {
  clock: Clock
  chance: Chance
  /** Numbers whatever needs an id. */
  nextId: () => number
  /** How long the network takes, one way (ms). */
  travelMs: (to: Service | 'cloud') => number
  /** How far all clocks of hosts are ahead (ms), before they are set to the true time; negative where they are behind. */
  aheadMs: () => number
  /** How far they are behind before that, in this world (ms). */
  behindMs: number
  /** Whether they were set between (epoch ms): what was planned before is later by that, or sooner. */
  clocksStep: (from: number, until: number) => boolean
  conditions: Conditions
  faults: Faults
  hangs: Hangs
  table: Table
  queues: Queues
  topic: Topic
  cloud: Cloud
  lambda: Lambda
  /** Where all is on one machine; else all is on AWS. */
  machine: Machine | undefined
  /** What each function remembers of the clouds that do not answer, by its name. */
  breakers: Map<string, Call>
  /** What each function remembers of the durations of runs, by its name. */
  remembered: Map<string, Map<string, { readAtMs: number; durations: Durations | undefined }>>
  /** What each function remembers of its own lines, by its name. */
  logs: Map<string, Log>
  /** What must not happen is told here. */
  witness: Witness
  /** Kept only where somebody will read it. */
  log: Story | undefined
  /** Where what AWS bills is counted. */
  meter?: Meter
}
