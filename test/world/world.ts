import { AsyncLocalStorage } from 'node:async_hooks'
import { CloudError } from '../../lib/cloud/errors.ts'
import { acceptAny } from '../../lib/runs/accept/accept.ts'
import type { RunRequest } from '../../lib/runs/accept/draft.ts'
import type { DeadLetter, Sender } from '../../lib/runs/dead-letter.ts'
import { type Delivery, namesRuns, type RefusedRequest } from '../../lib/runs/delivery.ts'
import type { Document } from '../../lib/runs/document.ts'
import type { Durations } from '../../lib/runs/durations/durations.ts'
import type { Announcement } from '../../lib/runs/guards/announcement.ts'
import { givesWay } from '../../lib/runs/held.ts'
import { PollMessage, type QueueName, SubmitMessage } from '../../lib/runs/messages.ts'
import type { Lease, Ports } from '../../lib/runs/ports.ts'
import { Run } from '../../lib/runs/run.ts'
import { isFinal } from '../../lib/runs/states.ts'
import { submit } from '../../lib/runs/submit/submit.ts'
import { sweep } from '../../lib/runs/sweep.ts'
import { poll } from '../../lib/runs/track/poll.ts'
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
  /** Of the message that it handles. */
  runIds: string[]
  dead: boolean
  die: () => void
  /** Nothing takes time for it. */
  instant: boolean
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
  /** Dead letters as people were told of them, in order. */
  deadLetters: DeadLetter[]
  /** Dead letters as they are kept. */
  kept: Map<string, DeadLetter>
  durations: Map<string, Durations>
  documents: Map<string, Document>
  /** What came in, as it is kept. */
  received: Map<string, Delivery>
  /** Wishes that could not be, as people were told of them, in order. */
  refused: RefusedRequest[]
  /** What people were told of limits. */
  slow: Run[]
  announced: Announcement[]
  usedUp: Parameters<Ports['publisher']['limitReached']>[0][]
  sentBack: { to: Sender; body: string }[]
  /** Everything that was ever stored of each run, in order. */
  history: Map<string, Run[]>
  /** Run -> how many changes the provider made for it. */
  writesOf: Map<string, number>
  /** Runs for which a change was made while they did not hold the lease. */
  withoutLease: string[]
  /** Leases that went to another, or were given back, while the provider's work might go on. */
  lostLeases: string[]
  /** How long each use of a port takes (ms). */
  tookMs: (port: string) => number
  /** Whether a worker that ran into its time-out goes on all the same, as a frozen one does that comes back. */
  outlivesTimeout: () => boolean
  hook: Hook
  post: Post
  /** How often a failed delivery comes back after its visibility time-out. */
  visibilityMs: number
  sweeps: boolean
  now(): number
  accept(request: Partial<RunRequest>): Promise<Run>
  /** One wish for many instances. */
  acceptMany(instanceIds: string[], request?: Partial<RunRequest>): Promise<Run[]>
  /** Resolves when the clock has come so far. */
  until(at: number): Promise<void>
  /** Lets time pass: delivers what is due, in order, and sweeps every minute. */
  pass(ms: number): Promise<void>
  get(id: string): Run
  /** Ids of the runs that have a lease. */
  holders(): string[]
}

/** Whose work runs now. One for all worlds: each storage costs every await of the process. */
const current = new AsyncLocalStorage<Worker>()

/** Time-outs of the functions, as in serverless.yml. */
const SUBMIT_MS = 30_000
const POLL_MS = 20_000
const SWEEP_MS = 50_000
/** For what the test itself does: it takes no time and is never killed. */
const INSTANT = 0

const START = Date.parse('2026-01-01T00:00:00Z')

/** The real code of `lib/runs` over ports in memory, a clock that only tests move, and a cloud without sockets. */
export function createWorld(random: () => number = () => 0.5): World {
  let now = START
  const cloud = createFakeDcs(() => now)
  const forever = new Promise<never>(() => {})
  let timers: { at: number; wake: () => void }[] = []
  const until = (at: number): Promise<void> =>
    at <= now ? Promise.resolve() : new Promise((wake) => timers.push({ at, wake }))
  const takeTime = (port: string): Promise<void> => {
    const worker = current.getStore()
    return until(now + (worker?.instant === false ? world.tookMs(port) : 0))
  }
  const tried = async <T>(port: string, effect: () => T | Promise<T>): Promise<T> => {
    const worker = current.getStore()
    await takeTime(port)
    if (worker?.dead) return forever
    try {
      world.hook(port, 'before')
      const result = await effect()
      await takeTime(port)
      if (worker?.dead) return forever
      world.hook(port, 'after')
      return result
    } catch (error) {
      if (!worker || !(error instanceof Crash)) throw error
      worker.dead = true
      worker.die()
      return forever
    }
  }
  /** Ends with the work, with the death of its worker, or at the time-out of the function. */
  const asWorker = (runIds: string[], limitMs: number, work: () => Promise<unknown>): Promise<unknown> => {
    const death = Promise.withResolvers<never>()
    const die = (): void => death.reject(new Crash())
    const worker: Worker = { runIds, dead: false, die, instant: limitMs === INSTANT }
    const done = current.run(worker, work)
    if (worker.instant) return Promise.race([done, death.promise])
    let over = false
    const killed = until(now + limitMs).then(() => {
      if (!over && !worker.dead) worker.dead = !world.outlivesTimeout()
      throw new Crash()
    })
    const end = (): void => {
      over = true
    }
    done.then(end, end)
    return Promise.race([done, death.promise, killed])
  }
  const put = (run: Run): void => {
    const checked = Run.parse(JSON.parse(JSON.stringify(run)))
    world.runs.set(run.id, checked)
    world.history.set(run.id, [...(world.history.get(run.id) ?? []), checked])
  }

  /** A lease may only go when its run has ended, and the provider's work with it, or its time is over. */
  const checkLease = ({ resource, holder, until }: Lease): void => {
    const run = world.runs.get(holder?.runId ?? '')
    const atWork = cloud.instance(resource.split('/').at(-1) ?? '').work !== undefined
    const over = run !== undefined && isFinal(run.state) && (!atWork || Date.parse(until) <= now)
    const waits = run !== undefined && givesWay(run)
    if (!run?.outcome?.providerDone && !over && !waits) world.lostLeases.push(`${holder?.runId} while ${run?.state}`)
  }

  /** A change belongs to the run that has the lease, if that is one of the worker's. */
  const countWrite = (ids: string[], instanceId: string): void => {
    const lease = [...world.leases.values()].find(({ resource }) => resource.endsWith(`/${instanceId}`))
    const runId = lease?.holder?.runId
    const own = runId !== undefined && ids.includes(runId) ? runId : (ids[0] ?? '?')
    world.writesOf.set(own, (world.writesOf.get(own) ?? 0) + 1)
    if (own !== runId) world.withoutLease.push(own)
  }

  let swept: string | undefined

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
      due: ({ now: at, limit, cursor = '' }) =>
        tried('due', () => {
          const keyOf = ({ dueAt, id }: Run): string => `${dueAt} ${id}`
          const due = [...world.runs.values()]
            .filter((run) => run.due && run.dueAt && run.dueAt <= at && keyOf(run) > cursor)
            .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
          const page = due.slice(0, limit)
          const last = page.at(-1)
          return { ids: page.map(({ id }) => id), ...(last && due.length > limit ? { cursor: keyOf(last) } : {}) }
        }),
      lastSweep: () => tried('get', () => swept),
      noteSweep: (at) =>
        tried('save', () => {
          swept = at
        }),
      list: async ({ limit, cursor, state, operation, resource, batchId, since = '', until }) => {
        const keyOf = ({ createdAt, id }: Run): string => `${createdAt} ${id}`
        const fits = (run: Run) =>
          (state?.includes(run.state) ?? true) &&
          (operation ?? run.operation) === run.operation &&
          (resource?.includes(run.resource) ?? true) &&
          (batchId === undefined || batchId === run.batchId) &&
          run.createdAt >= since &&
          (until === undefined || run.createdAt < until) &&
          (cursor === undefined || keyOf(run) < cursor)
        const newest = [...world.runs.values()].filter(fits).sort((a, b) => (keyOf(a) > keyOf(b) ? -1 : 1))
        const page = newest.slice(0, limit)
        const last = page.at(-1)
        return { runs: page, ...(last && newest.length > limit ? { cursor: keyOf(last) } : {}) }
      },
      listDeadLetters: async ({ limit }) => ({ deadLetters: [...world.kept.values()].reverse().slice(0, limit) }),
      getLease: (resource) => tried('getLease', () => world.leases.get(resource)),
      saveLease: (lease) =>
        tried('saveLease', () => {
          const stored = world.leases.get(lease.resource)
          if ((stored?.version ?? 0) !== lease.version - 1) return false
          if (stored?.holder && stored.holder.runId !== lease.holder?.runId) checkLease(stored)
          world.leases.set(lease.resource, structuredClone(lease))
          return true
        }),
      getDurations: (key) => tried('getDurations', () => world.durations.get(key)),
      saveDurations: (durations) =>
        tried('saveDurations', () => {
          if ((world.durations.get(durations.key)?.version ?? 0) !== durations.version - 1) return false
          world.durations.set(durations.key, durations)
          return true
        }),
      getDocument: (id) => tried('getDocument', () => structuredClone(world.documents.get(id))),
      saveDocument: (document) =>
        tried('saveDocument', () => {
          if ((world.documents.get(document.id)?.version ?? 0) !== document.version - 1) return false
          world.documents.set(document.id, structuredClone(document))
          return true
        }),
      listDocuments: async ({ kind, listedAs, limit, cursor = '0' }) => {
        const [from, until] = [Number(cursor), Number(cursor) + limit]
        const all = [...world.documents.values()]
          .filter((one) => one.kind === kind && listedAs.includes(one.listedAs ?? ''))
          .sort((a, b) => (a.createdAt > b.createdAt ? -1 : 1))
        return { documents: all.slice(from, until), ...(until < all.length ? { cursor: String(until) } : {}) }
      },
      dueDocuments: ({ now: at }) =>
        tried('dueDocuments', () => {
          const due = [...world.documents.values()].filter(({ dueAt }) => dueAt !== undefined && dueAt <= at)
          return { ids: due.map(({ id }) => id) }
        }),
      getDeadLetter: (messageId) => tried('getDeadLetter', () => world.kept.get(messageId)),
      createDeadLetter: (letter) =>
        tried('createDeadLetter', () => {
          const existing = world.kept.get(letter.messageId)
          if (!existing) world.kept.set(letter.messageId, letter)
          return existing
        }),
      saveDeadLetter: (letter) =>
        tried('saveDeadLetter', () => {
          if (!world.kept.has(letter.messageId)) return false
          world.kept.set(letter.messageId, letter)
          return true
        }),
      listDeliveries: async ({ limit }) => ({ deliveries: [...world.received.values()].reverse().slice(0, limit) }),
      getDelivery: (id) => tried('getDelivery', () => world.received.get(id)),
      keepDelivery: (received) =>
        tried('keepDelivery', () => {
          const before = world.received.get(received.id)
          if (!before || !namesRuns(before) || namesRuns(received)) world.received.set(received.id, received)
        }),
    },
    queue: {
      send: (queue, message, delaySeconds) =>
        tried('send', () => {
          if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900) throw new Error('DelaySeconds')
          const letter = { queue, body: JSON.stringify(message), at: now + delaySeconds * 1000 }
          for (const late of world.post(letter)) world.letters.push({ ...letter, at: letter.at + late })
        }),
      sendAll: async (queue, messages) => {
        const left: typeof messages = []
        for (const message of messages) await ports.queue.send(queue, message, 0).catch(() => left.push(message))
        return left
      },
      sendBack: (to, body) =>
        tried('sendBack', () => {
          world.sentBack.push({ to, body })
          if (to !== 'alarms') world.letters.push({ queue: to, body, at: now })
        }),
    },
    publisher: {
      runEnded: (run) => tried('publish', () => void world.published.push(run)),
      messageDeadLettered: (deadLetters) => tried('publish', () => void world.deadLetters.push(deadLetters)),
      requestRefused: (refusal) => tried('publish', () => void world.refused.push(refusal)),
      runSlow: (run) => tried('publish', () => void world.slow.push(run)),
      announce: (one) => tried('publish', () => void world.announced.push(one)),
      limitReached: (reached) => tried('publish', () => void world.usedUp.push(reached)),
    },
    call: (operation, input, place) =>
      tried(operation.effect === 'read' ? 'read' : 'write', async () => {
        const ids = current.getStore()?.runIds ?? []
        const arrive = () => {
          const before = cloud.writes.length
          const answer = cloud.call(operation, input, place)
          // The fake acts before it first waits: whatever it wrote by now, it wrote for this run.
          for (const { instanceId } of cloud.writes.slice(before)) countWrite(ids, instanceId)
          return answer
        }
        const gaveUp = (change: 'none' | 'unknown') =>
          new CloudError({ operation: operation.name, kind: 'timeout', change, what: 'no answer in time' })
        if (now >= place.deadlineAtMs) throw gaveUp('none')
        const arrivesAt = now + (current.getStore()?.instant === false ? world.tookMs('cloud') : 0)
        if (arrivesAt <= place.deadlineAtMs) {
          await until(arrivesAt)
          return arrive()
        }
        // We give up, but what is on its way arrives all the same.
        void until(arrivesAt).then(() => arrive().catch(() => {}))
        await until(place.deadlineAtMs)
        throw gaveUp(operation.effect === 'read' ? 'none' : 'unknown')
      }),
  }

  const deliver = async (letter: Letter): Promise<void> => {
    const receivedAt = now
    const message = JSON.parse(letter.body)
    const limitMs = letter.queue === 'submissions' ? SUBMIT_MS : POLL_MS
    // As the handlers do: three seconds are kept back from the time-out.
    const deadlineAtMs = now + limitMs - 3_000
    try {
      await asWorker(message.runIds ?? [message.runId], limitMs, async () => {
        if (letter.queue === 'submissions') await submit(ports, SubmitMessage.parse(message), deadlineAtMs)
        else await poll(ports, PollMessage.parse(message), deadlineAtMs)
      })
    } catch {
      world.letters.push({ ...letter, at: receivedAt + world.visibilityMs })
    }
  }

  const acceptAs = async (request: Partial<RunRequest> & { targets?: unknown[] }): Promise<Run[]> => {
    const wish = {
      operation: 'dcs.instance.restart',
      target: { instanceId: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' },
      source: { kind: 'http' as const, name: 'api', id: 'test' },
      collision: 'reject' as const,
      idempotencyKey: 'key',
      ...request,
    }
    let runs: Run[] = []
    await asWorker([], INSTANT, async () => {
      runs = (await acceptAny(ports, wish, { huawei: 'cn-north-4' })).runs
    })
    return runs
  }

  const world: World = {
    ports,
    cloud,
    runs: new Map(),
    leases: new Map(),
    letters: [],
    published: [],
    deadLetters: [],
    kept: new Map(),
    durations: new Map(),
    documents: new Map(),
    received: new Map(),
    slow: [],
    announced: [],
    refused: [],
    usedUp: [],
    sentBack: [],
    history: new Map(),
    writesOf: new Map(),
    withoutLease: [],
    lostLeases: [],
    tookMs: () => 0,
    outlivesTimeout: () => false,
    hook: () => {},
    post: () => [0],
    visibilityMs: 120_000,
    sweeps: true,
    now: () => now,
    until,
    get: (id) => {
      const run = world.runs.get(id)
      if (!run) throw new Error(`no run ${id}`)
      return run
    },
    holders: () =>
      [...world.leases.values()].flatMap(({ holder }) => {
        const run = world.runs.get(holder?.runId ?? '')
        return run && !(isFinal(run.state) && run.outcome?.providerDone) ? [run.id] : []
      }),
    accept: async (request) => {
      const [run] = await acceptAs(request)
      if (!run) throw new Error('not accepted')
      return run
    },
    acceptMany: (instanceIds, { target, ...request } = {}) =>
      acceptAs({ ...request, targets: instanceIds.map((instanceId) => ({ instanceId })) }),
    pass: async (ms) => {
      const end = now + ms
      for (;;) {
        const due = world.letters.filter(({ at }) => at <= now)
        world.letters = world.letters.filter(({ at }) => at > now)
        // Together: two copies of one message meet at every await.
        for (const letter of due) void deliver(letter)
        const awake = timers.filter(({ at }) => at <= now)
        timers = timers.filter(({ at }) => at > now)
        for (const { wake } of awake) wake()
        // Everything that needs no time has happened when the event loop turns.
        await new Promise((resolve) => setImmediate(resolve))
        const nextSweep = START + Math.ceil((now + 1 - START) / 60_000) * 60_000
        const next = Math.min(...[...world.letters, ...timers].map(({ at }) => at), world.sweeps ? nextSweep : end, end)
        if (next <= now) {
          if (now < end || [...world.letters, ...timers].some(({ at }) => at <= now)) continue
          return
        }
        now = next
        if (world.sweeps && now === nextSweep) {
          void asWorker([], SWEEP_MS, () => sweep(ports, now + SWEEP_MS - 3_000)).catch(() => {})
        }
      }
    },
  }
  return world
}
