import { AsyncLocalStorage } from 'node:async_hooks'
import { accept, type RunRequest } from '../../lib/runs/accept.ts'
import { PollMessage, SubmitMessage } from '../../lib/runs/messages.ts'
import { poll } from '../../lib/runs/poll.ts'
import type { BuriedMessage, Lease, Ports, QueueName } from '../../lib/runs/ports.ts'
import { Run } from '../../lib/runs/run.ts'
import { submit } from '../../lib/runs/submit.ts'
import { sweep } from '../../lib/runs/sweep.ts'
import { createFakeDcs, type FakeDcs } from './fake-dcs.ts'

interface Letter {
  queue: QueueName
  body: string
  at: number
}

/**
 * Asked before and after every use of a port. Throwing an error there is a port that fails; throwing `Crash` is the death
 * of the worker at that very place: nothing that it would have done afterwards happens.
 */
export type Hook = (port: string, when: 'before' | 'after') => void

export class Crash extends Error {}

/** One invocation of a handler. */
interface Worker {
  runId: string
  dead: boolean
  die: () => void
}

/** What happens to a message on its way: how many copies arrive, each so many ms late. */
export type Post = (letter: Letter) => number[]

export interface World {
  ports: Ports
  cloud: FakeDcs
  runs: Map<string, Run>
  leases: Map<string, Lease>
  letters: Letter[]
  /** Outcomes as they were published, in order. */
  published: Run[]
  buried: BuriedMessage[]
  /** Everything that was ever stored of each run, in order. */
  history: Map<string, Run[]>
  /** Run -> how many changes the provider made for it. */
  writesOf: Map<string, number>
  /** Runs for which a change was made while they did not hold the lease. */
  withoutLease: string[]
  hook: Hook
  post: Post
  /** How often a failed delivery comes back after its visibility time-out. */
  visibilityMs: number
  sweeps: boolean
  now(): number
  accept(request: Partial<RunRequest>): Promise<Run>
  /** Lets time pass: delivers what is due, in order, and sweeps every minute. */
  pass(ms: number): Promise<void>
  get(id: string): Run
}

const START = Date.parse('2026-01-01T00:00:00Z')

/** The real code of `lib/runs` over ports in memory, a clock that only tests move, and a cloud without sockets. */
export function createWorld(random: () => number = () => 0.5): World {
  let now = START
  const cloud = createFakeDcs(() => now)
  const current = new AsyncLocalStorage<Worker>()
  const forever = new Promise<never>(() => {})
  const tried = async <T>(port: string, effect: () => T | Promise<T>): Promise<T> => {
    const worker = current.getStore()
    await Promise.resolve()
    if (worker?.dead) return forever
    try {
      world.hook(port, 'before')
      const result = await effect()
      world.hook(port, 'after')
      return result
    } catch (error) {
      if (!worker || !(error instanceof Crash)) throw error
      worker.dead = true
      worker.die()
      return forever
    }
  }
  /** Ends with the work, or with the death of its worker. */
  const asWorker = (runId: string, work: () => Promise<unknown>): Promise<unknown> => {
    const death = Promise.withResolvers<never>()
    const worker = { runId, dead: false, die: () => death.reject(new Crash()) }
    return Promise.race([current.run(worker, work), death.promise])
  }
  const put = (run: Run): void => {
    const checked = Run.parse(JSON.parse(JSON.stringify(run)))
    world.runs.set(run.id, checked)
    world.history.set(run.id, [...(world.history.get(run.id) ?? []), checked])
  }

  const ports: Ports = {
    clock: () => now,
    random,
    log: () => {},
    store: {
      get: (id) => tried('get', () => world.runs.get(id)),
      create: (run) =>
        tried('create', () => {
          const existing = world.runs.get(run.id)
          if (!existing) put(run)
          return existing
        }),
      save: (run) =>
        tried('save', () => {
          if (world.runs.get(run.id)?.version !== run.version - 1) return false
          put(run)
          return true
        }),
      due: (at, limit) =>
        tried('due', () =>
          [...world.runs.values()]
            .filter(({ due, dueAt }) => due && dueAt && dueAt <= at)
            .sort((a, b) => ((a.dueAt ?? '') < (b.dueAt ?? '') ? -1 : 1))
            .slice(0, limit)
            .map(({ id }) => id),
        ),
      list: async () => ({ runs: [...world.runs.values()] }),
      acquireLease: (lease, at) =>
        tried('acquireLease', () => {
          const held = world.leases.get(lease.resource)
          if (held && held.runId !== lease.runId && held.expiresAt >= at) return held
          world.leases.set(lease.resource, lease)
          return undefined
        }),
      releaseLease: (resource, runId) =>
        tried('releaseLease', () => {
          if (world.leases.get(resource)?.runId === runId) world.leases.delete(resource)
        }),
    },
    queue: {
      send: (queue, message, delaySeconds) =>
        tried('send', () => {
          if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900) throw new Error('DelaySeconds')
          const letter = { queue, body: JSON.stringify(message), at: now + delaySeconds * 1000 }
          for (const late of world.post(letter)) world.letters.push({ ...letter, at: letter.at + late })
        }),
    },
    publisher: {
      runEnded: (run) => tried('publish', () => void world.published.push(run)),
      messageBuried: (buried) => tried('publish', () => void world.buried.push(buried)),
    },
    call: (operation, input, place) =>
      tried(operation.effect === 'read' ? 'read' : 'write', () => {
        const before = cloud.writes.length
        const answer = cloud.call(operation, input, place)
        // The fake acts before it first waits: whatever it wrote by now, it wrote for this worker.
        const runId = current.getStore()?.runId ?? '?'
        const made = cloud.writes.length - before
        world.writesOf.set(runId, (world.writesOf.get(runId) ?? 0) + made)
        const holders = [...world.leases.values()].map((lease) => lease.runId)
        if (made > 0 && !holders.includes(runId)) world.withoutLease.push(runId)
        return answer
      }),
  }

  const deliver = async (letter: Letter): Promise<void> => {
    const message = JSON.parse(letter.body)
    try {
      await asWorker(message.runId, async () => {
        if (letter.queue === 'submissions') await submit(ports, SubmitMessage.parse(message), now + 27_000)
        else await poll(ports, PollMessage.parse(message), now + 17_000)
      })
    } catch {
      world.letters.push({ ...letter, at: now + world.visibilityMs })
    }
  }

  const world: World = {
    ports,
    cloud,
    runs: new Map(),
    leases: new Map(),
    letters: [],
    published: [],
    buried: [],
    history: new Map(),
    writesOf: new Map(),
    withoutLease: [],
    hook: () => {},
    post: () => [0],
    visibilityMs: 120_000,
    sweeps: true,
    now: () => now,
    get: (id) => {
      const run = world.runs.get(id)
      if (!run) throw new Error(`no run ${id}`)
      return run
    },
    accept: async (request) => {
      const wish = {
        operation: 'dcs.instance.restart',
        target: { instanceId: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' },
        source: { kind: 'http' as const, name: 'api', id: 'test' },
        idempotencyKey: 'key',
        ...request,
      }
      let run: Run | undefined
      await asWorker('?', async () => {
        run = (await accept(ports, wish, 'cn-north-4')).run
      })
      if (!run) throw new Error('not accepted')
      return run
    },
    pass: async (ms) => {
      const end = now + ms
      for (;;) {
        const due = world.letters.filter(({ at }) => at <= now)
        world.letters = world.letters.filter(({ at }) => at > now)
        // Together: two copies of one message meet at every await.
        await Promise.all(due.map(deliver))
        if (due.length > 0) continue
        const nextSweep = START + Math.ceil((now + 1 - START) / 60_000) * 60_000
        const next = Math.min(end, ...world.letters.map(({ at }) => at), ...(world.sweeps ? [nextSweep] : []))
        const sweepDue = world.sweeps && next === nextSweep
        now = next
        if (sweepDue) await asWorker('?', () => sweep(ports, now + 47_000)).catch(() => {})
        if (now >= end && world.letters.every(({ at }) => at > now)) return
      }
    },
  }
  return world
}
