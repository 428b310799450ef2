import { isFinal } from '../../lib/runs/states.ts'
import { seeded } from '../chance.ts'
import type { Fault } from './fake-dcs.ts'
import { Crash, createWorld, type World } from './world.ts'

export interface Story {
  seed: number
  runs: number
  /** Kind of fault -> how often it was injected. */
  faults: Record<string, number>
  /** Property -> what was seen instead. Empty = all hold. */
  violations: { property: string; seen: string }[]
}

const OPERATIONS = [
  'dcs.node.start',
  'dcs.node.stop',
  'dcs.instance.swap',
  'dcs.instance.restart',
  'dcs.instance.soft-restart',
  'dcs.instance.flush',
  'dcs.instance.stop',
  'dcs.instance.start',
]

const INSTANCES = ['2e803f66-fbb0-47ad-b6cb-fb87f5bed4e0', '2e803f66-fbb0-47ad-b6cb-fb87f5bed4e1']

const CLOUD_FAULTS: (Fault & { name: string })[] = [
  { name: 'cloud busy', kind: 'busy', change: 'none', code: 'DCS.4111' },
  { name: 'cloud throttles', kind: 'throttled', change: 'none', retryAfterMs: 30_000 },
  { name: 'cloud 5xx before effect', kind: 'unavailable', change: 'unknown' },
  { name: 'cloud 5xx after effect', kind: 'unavailable', change: 'unknown', took: true },
  { name: 'cloud hangs before effect', kind: 'timeout', change: 'unknown' },
  { name: 'cloud hangs after effect', kind: 'timeout', change: 'unknown', took: true },
  { name: 'cloud unreadable after effect', kind: 'unreadable', change: 'unknown', took: true },
  { name: 'cloud not there', kind: 'network', change: 'none' },
  { name: 'cloud denies', kind: 'denied', change: 'none' },
]

/**
 * One world: some wishes, some of them doubled, on few instances; everything that can go wrong goes wrong with a
 * probability of this world's own. Then the promises are checked.
 */
export async function simulateWorld(seed: number): Promise<Story> {
  const random = seeded(seed)
  const world = createWorld(random)
  const faults: Record<string, number> = {}
  const happens = (name: string, probability: number): boolean => {
    if (random() >= probability) return false
    faults[name] = (faults[name] ?? 0) + 1
    return true
  }
  const trouble = unleash(world, random, happens)

  const ids = new Set<string>()
  for (let wish = 0; wish < 1 + Math.floor(random() * 4); wish++) {
    const request = {
      idempotencyKey: `wish-${Math.floor(random() * 4)}`,
      operation: OPERATIONS[Math.floor(random() * OPERATIONS.length)] ?? '',
      target: { instanceId: INSTANCES[Math.floor(random() * INSTANCES.length)] },
    }
    // A sender that hears nothing tries again; one that used the key twice is told so.
    const run = await world.accept(request).catch(() => world.accept(request).catch(() => undefined))
    if (run) ids.add(run.id)
    await world.pass(Math.floor(random() * 60_000))
  }
  for (const id of world.runs.keys()) ids.add(id)
  await world.pass(45 * 60_000)
  // From here on nothing new goes wrong: what was cut off must come to its end within two sweeps.
  trouble.end()
  await world.pass(3 * 60_000)
  const violations = violationsOf(world, ids)
  return { seed, runs: ids.size, faults, violations: [...violations, ...(await lockedOut(world))] }
}

/** Whoever comes next gets the instance, unless the work of the run before may still go on. */
async function lockedOut(world: World): Promise<Story['violations']> {
  const found: Story['violations'] = []
  world.cloud.workMs = () => 20_000
  for (const instance of INSTANCES) {
    Object.assign(world.cloud.instance(instance), { status: 'RUNNING', nodes: 'Active', work: undefined })
    const { id } = await world.accept({ idempotencyKey: `next-${instance}`, target: { instanceId: instance } })
    await world.pass(10 * 60_000)
    const { state, outcome } = world.get(id)
    const holder = [...world.leases.values()].find(({ resource }) => resource.endsWith(instance))
    const mayGoOn = holder?.holder && world.get(holder.holder.runId).outcome?.providerDone === false
    if (state === 'succeeded' || (state === 'refused' && mayGoOn)) continue
    found.push({ property: 'the next run gets the instance', seen: `${id}: ${state}: ${outcome?.summary}` })
  }
  return found
}

function unleash(
  world: World,
  random: () => number,
  happens: (name: string, probability: number) => boolean,
): { end: () => void } {
  const chance = {
    crash: random() * 0.04,
    port: random() * 0.04,
    lose: random() * 0.3,
    copy: random() * 0.3,
    cloud: random() * 0.2,
    slow: random() * 0.1,
  }
  const slow = 5_000 + random() * 40 * 60_000 * random() ** 3
  let on = true
  world.hook = (port, when) => {
    if (!on) return
    if (happens(`crash ${when} ${port}`, chance.crash)) throw new Crash()
    if (happens(`failure ${when} ${port}`, chance.port)) throw new Error(`${port} failed`)
  }
  world.post = () => {
    if (on && happens('message lost', chance.lose)) return []
    if (on && happens('message doubled', chance.copy)) return [0, Math.floor(random() * 200_000)]
    return on && happens('message late', chance.copy) ? [Math.floor(random() * 600_000)] : [0]
  }
  world.cloud.fault = () => {
    const fault = CLOUD_FAULTS[Math.floor(random() * CLOUD_FAULTS.length)]
    return on && fault && happens(fault.name, chance.cloud) ? fault : undefined
  }
  world.tookMs = (port) => {
    if (!on || !happens(`slow ${port}`, chance.slow)) return 0
    return Math.floor(random() ** 3 * 120_000)
  }
  world.outlivesTimeout = () => on && happens('worker comes back after its time-out', 0.3)
  world.cloud.workMs = () => slow
  world.cloud.workFails = () => on && happens('work fails', 0.1)
  return {
    end: () => {
      on = false
    },
  }
}

/** The promises, as far as this world can show them. */
function violationsOf(world: World, ids: Set<string>): Story['violations'] {
  const found: Story['violations'] = []
  const check = (property: string, holds: boolean, seen: () => string): void => {
    if (!holds) found.push({ property, seen: seen() })
  }
  check('nothing is changed without the lease', world.withoutLease.length === 0, () => world.withoutLease.join(' '))
  check('no lease goes while the work may go on', world.lostLeases.length === 0, () => world.lostLeases.join(', '))
  for (const id of ids) {
    const run = world.runs.get(id)
    check('an accepted wish is stored', run !== undefined, () => id)
    if (!run) continue
    const writes = world.writesOf.get(id) ?? 0
    check('at most one change a run', writes <= 1, () => `${id}: ${writes}`)
    check('every run ends', isFinal(run.state), () => `${id}: ${run.state} since ${run.updatedAt}, due ${run.dueAt}`)
    const nothing = run.state === 'refused' || run.outcome?.summary.startsWith('nothing was done')
    check('"nothing was done" is true', !nothing || writes === 0, () => `${id}: ${run.outcome?.summary}`)
    check(
      'success is true',
      run.state !== 'succeeded' || writes === 1 || run.attachedTo !== undefined,
      () => `${id}: ${writes} changes`,
    )
    const history = world.history.get(id) ?? []
    const ends = new Set(
      history.filter(({ state }) => isFinal(state)).map(({ state, outcome }) => JSON.stringify([state, outcome])),
    )
    check('an end never changes', ends.size <= 1, () => [...ends].join(' | '))
    const told = world.published.filter((published) => published.id === id)
    check('every end is told', told.length > 0, () => `${id}: ${run.state}`)
    check('and told alike', new Set(told.map(({ state }) => state)).size <= 1, () => id)
    check('the index agrees', (run.due !== undefined) === !run.notifiedAt, () => `${id}: ${run.due} ${run.notifiedAt}`)
  }
  return found
}
