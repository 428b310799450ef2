import type { MachineOptions } from '../../lib/local/machine.ts'
import type { LocalQueueName } from '../../lib/local/sqlite/queue.ts'
import type { WebhookSettings } from '../../lib/local/webhook-secrets.ts'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import type { Store } from '../../lib/runs/ports.ts'
import type { SimulatedDcs } from '../../lib/simulators/dcs.ts'
import type { SimulatedEmr } from '../../lib/simulators/emr.ts'

/** Where the product runs, as the tests see it. */
export interface HomeMachine {
  url: string
  /** Where its secrets are. */
  dataDir: string
  webhooks: WebhookSettings
  simulatedDcs: SimulatedDcs
  simulatedEmr: SimulatedEmr
  /** Of the product and the clouds (epoch ms). Whoever sends something with a time takes it from here. */
  clock: () => number
  /** What people were told, each time that they were, the oldest first. */
  told(): CloudEvent[]
  /** Lines of the log, the oldest first. */
  logLines(): LogLine[]
  /** Every record and message that is kept, as text. */
  everythingKept(): Promise<string>
  /** Puts a message into a queue as it is. @returns its id */
  send(queue: LocalQueueName, body: string): Promise<string>
  /** What letters name a queue by, or the part of it that says which it is. */
  nameOf(queue: LocalQueueName): string
  /** Of alarms that name it as an action. One machine has none: its owner posts what AWS tells. */
  alarmsTopic?: { account: string; publish(message: string): Promise<unknown> }
  store: Pick<Store, 'create' | 'createDeadLetter' | 'getDeadLetter' | 'saveDocument'>
  close(): Promise<void>
}

export interface LogLine {
  message: string
  [field: string]: unknown
}

export interface HomeOptions extends Pick<MachineOptions, 'dcs' | 'emr'> {
  /** So many times as fast as real time; each home has its own unless given. */
  speed?: number
}

export interface Home {
  name: 'one machine' | 'AWS'
  start(options: HomeOptions): Promise<HomeMachine>
}
