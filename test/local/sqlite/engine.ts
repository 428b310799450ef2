import type { Call } from '../../../lib/cloud/call.ts'
import type { Database } from '../../../lib/local/sqlite/database.ts'
import { sqliteOutcomes } from '../../../lib/local/sqlite/outcomes.ts'
import { sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { runEndedEvent } from '../../../lib/notify/events.ts'
import { acceptAny } from '../../../lib/runs/accept/accept.ts'
import { PollMessage, SubmitMessage } from '../../../lib/runs/messages.ts'
import type { Ports } from '../../../lib/runs/ports.ts'
import { submit } from '../../../lib/runs/submit/submit.ts'
import { poll } from '../../../lib/runs/track/poll.ts'
import { ORIGIN } from '../../notify/origin.ts'
import { createFakeDcs } from '../../world/fake-dcs.ts'

/** A fact known outside of this machine. From then on, its record must not be lost. */
export interface Fact {
  kind: 'accepted' | 'reached the cloud' | 'told'
  runId: string
}

const START = Date.parse('2026-01-01T00:00:00Z')
const SINGLES = 6
const BATCH = 6

/**
 * Accepts and carries out some runs, many at once: the engine on this database, and a cloud without sockets.
 * @param key an unused idempotency key
 * @param onFact called at the moment the fact is known
 */
export async function carryOutRuns(database: Database, key: string, onFact: (fact: Fact) => void): Promise<void> {
  let now = START
  const queue = sqliteQueue(
    database,
    () => now,
    () => {},
  )
  const outcomes = sqliteOutcomes(database)
  const cloud = createFakeDcs(() => now)
  const idOfRun = new Map<string, string>()
  let live = 0

  const call: Call = (operation, input, place) => {
    if (operation.effect !== 'read') {
      const orders = [input].flat() as { target: { instanceId: string } }[] // as a run is carried out
      for (const { target } of orders) {
        onFact({ kind: 'reached the cloud', runId: idOfRun.get(target.instanceId) ?? '' })
      }
    }
    return cloud.call(operation, input, place)
  }
  const unexpected = async (): Promise<void> => {
    throw new Error('nobody was to be told')
  }
  const ports: Ports = {
    store: sqliteStore(database, (run) => outcomes.keep(runEndedEvent(run, ORIGIN))),
    queue,
    publisher: {
      runEnded: async ({ id: runId }) => {
        onFact({ kind: 'told', runId })
        live--
      },
      ...{
        runSlow: unexpected,
        messageDeadLettered: unexpected,
        requestRefused: unexpected,
        limitReached: unexpected,
        announce: unexpected,
      },
    },
    ...{ clock: () => now, random: () => 0.5, log: () => {}, call },
  }

  const accept = async (request: object, idempotencyKey: string): Promise<void> => {
    const whole = { source: { kind: 'http', name: 'api', id: 'test' }, collision: 'reject', idempotencyKey, ...request }
    const { runs } = await acceptAny(ports, whole as Parameters<typeof acceptAny>[1], { huawei: 'cn-north-4' }) // of one shape or the other
    for (const { id: runId, target } of runs) {
      idOfRun.set(String(target.instanceId), runId)
      onFact({ kind: 'accepted', runId })
      live++
    }
  }
  const targets = Array.from({ length: SINGLES + BATCH }, (_, index) => ({
    instanceId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  }))
  await Promise.all([
    ...targets
      .slice(0, SINGLES)
      .map((target, index) => accept({ operation: 'dcs.instance.swap', target }, `${key}-${index}`)),
    accept({ operation: 'dcs.instance.restart', targets: targets.slice(SINGLES) }, `${key}-batch`),
  ])

  const handleAll = async (name: 'submissions' | 'polls'): Promise<void> => {
    const messages = await queue.receive(name, { max: 100, nowMs: now, visibilityMs: 60_000 })
    const handle = async (text: string): Promise<void> => {
      const message = JSON.parse(text)
      if (name === 'submissions') await submit(ports, SubmitMessage.parse(message), now + 30_000)
      else await poll(ports, PollMessage.parse(message), now + 20_000)
    }
    await Promise.all(messages.map(({ id, body }) => handle(body).then(() => queue.remove([id]))))
  }
  for (; live > 0; now += 1000) {
    if (now > START + 3_600_000) throw new Error(`${live} runs did not end`)
    await Promise.all([handleAll('submissions'), handleAll('polls')])
  }
}
