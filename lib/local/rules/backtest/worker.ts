import type { GuardSettings } from '../../../runs/guards/settings.ts'
import { takeLease } from '../../../runs/lease/lease.ts'
import { refuseUsedUp } from '../../../runs/lease/used-up.ts'
import type { Message, QueueName } from '../../../runs/messages.ts'
import { notSent, tooLateText } from '../../../runs/outcomes.ts'
import type { Publisher, Queue, RecordPorts, Store } from '../../../runs/ports.ts'
import type { Run } from '../../../runs/run.ts'
import { CLAIM_MS, plusMs } from '../../../runs/schedule.ts'
import { collide } from '../../../runs/submit/collide.ts'
import { passGuards } from '../../../runs/submit/pass-guards.ts'
import { follow } from '../../../runs/track/follow.ts'
import { claim, end } from '../../../runs/transition.ts'
import { CATALOGUE } from '../../../services/catalogue.ts'
import { type Fate, fateOf, type OutcomeModel } from './outcome-model.ts'
import type { VirtualTime } from './virtual-time.ts'

interface Working {
  store: Store
  time: VirtualTime
  model: OutcomeModel
  guards: GuardSettings
  /** Called when a run has ended. */
  onEnd: (runId: string, fate: Fate) => void
}

/**
 * The ports of runs in which nothing is sent to a cloud: each run is sent when its turn comes, and ends as the model says.
 * Guards, leases, lines and limits are those of the engine.
 */
export function assumedPorts({ store, time, model, guards, onEnd }: Working): RecordPorts {
  const take = (name: QueueName, message: Message): Promise<void> => {
    const ids = 'runIds' in message ? message.runIds : [message.runId]
    return ids.reduce((before, id) => before.then(() => carryOn(name, id)), Promise.resolve())
  }
  const carryOn = async (name: QueueName, id: string): Promise<void> => {
    const run = await store.get(id)
    if (run?.state === 'attached' && name === 'polls') await follow(ports, run)
    if (run?.state === 'queued' && name === 'submissions') await send(run)
  }
  const send = async (run: Run): Promise<void> => {
    if (plusMs(time.now(), CLAIM_MS) > run.deadlineAt) {
      return void (await end(ports, run, { state: 'timed-out', outcome: notSent(run, tooLateText(run)) }))
    }
    const operation = CATALOGUE.get(run.operation)
    const passed = operation && (await passGuards(ports, { run, operation }))
    if (!passed) return
    const taken = await takeLease(ports, passed)
    if ('blockedBy' in taken) {
      const { blockedBy } = taken
      return 'limit' in blockedBy ? refuseUsedUp(ports, passed, blockedBy) : collide(ports, passed, blockedBy)
    }
    const at = plusMs(time.now(), 0)
    const sent = await claim(ports, passed, { forMs: model.takesMs, state: 'submitting', sentAt: at })
    const tracked = sent && (await claim(ports, sent, { forMs: model.takesMs, state: 'tracking', acceptedAt: at }))
    if (tracked) time.at(time.now() + model.takesMs, () => finish(run.id))
  }
  const finish = async (id: string): Promise<void> => {
    const run = await store.get(id)
    if (!run) return
    const fate = fateOf(model, id)
    const state = fate === 'fails' ? 'failed' : 'succeeded'
    await end(ports, run, { state, outcome: { summary: `assumed to have ${state}`, providerDone: true } })
    onEnd(id, fate)
  }
  const ports: RecordPorts = {
    ...{ store, guards },
    queue: timedQueue(time, take),
    publisher: SILENT,
    clock: time.now,
    log: () => {},
  }
  return ports
}

function timedQueue(time: VirtualTime, take: (name: QueueName, message: Message) => Promise<void>): Queue {
  const plan = (name: QueueName, message: Message, delaySeconds: number): void =>
    time.at(time.now() + delaySeconds * 1000, () => take(name, message))
  return {
    send: async (name, message, delaySeconds) => plan(name, message, delaySeconds),
    sendAll: async (name, messages) => {
      for (const message of messages) plan(name, message, 0)
      return []
    },
    // Only what could not be decided is sent back.
    sendBack: async () => {},
  }
}

const SILENT: Publisher = {
  runEnded: async () => {},
  runSlow: async () => {},
  messageDeadLettered: async () => {},
  requestRefused: async () => {},
  announce: async () => {},
  limitReached: async () => {},
}
