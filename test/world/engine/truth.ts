import type { Operation } from '../../../lib/cloud/operation.ts'
import { createFakeDcs, type FakeDcs } from '../fake-dcs.ts'
import { createFakeEmr, type FakeEmr, type FakeProcess, process } from '../fake-emr.ts'
import { type ByHand, CONSOLE, type OddState, planStates, planVisits } from './console.ts'
import { type Scope, world } from './current.ts'
import { START } from './globals.ts'
import { createLabours, LATE_ALONE_MS, type Labour } from './labour.ts'
import { createLies } from './lies.ts'
import { type OddCluster, type OddInstance, oddCluster, oddInstance } from './oddities.ts'
import { createReplicas, type Replicas, settleWhenOver } from './replicas.ts'
import { note } from './request.ts'
import { idIn, type Target, targetsOf } from './targets.ts'
import type { Sent, Work } from './witness.ts'

export interface Truth {
  /** A request arrives: it acts at once, and the answer is made. */
  arrive<Input, Output>(operation: Operation<Input, Output>, input: Input, by: Scope): Promise<Output>
  /** Resource -> what is, or was last, done to it. */
  works: ReadonlyMap<string, Work>
  /** Somebody begins work past us, unless the cloud is busy. */
  beginByHand(resource: string, work: ByHand): Promise<void>
  sent: readonly Sent[]
  /** Run -> how many backups were begun for it. */
  backups: ReadonlyMap<string, number>
  /** Whether work that somebody began at the console was going on there, or showed, between (epoch ms). */
  wasTouchedByHand(resource: string, from: number, until: number): boolean
  dcs: FakeDcs
  /** Whatever else had instances and clusters has them no more. */
  endStates(): void
}

/** The fakes have one place, and their clock is the world's. */
const NOWHERE = { region: 'nowhere', deadlineAtMs: 0 }

/**
 * What the clouds really are and do, behind what they say.
 * @param listsTasks whether work shows in DCS's list of tasks where that is not documented
 */
export function createTruth(now: () => number, listsTasks: boolean): Truth {
  const dcs = createFakeDcs(now)
  const clusters = new Map<string, FakeEmr>()
  const works = new Map<string, Work>()
  const sent: Sent[] = []
  const backups = new Map<string, number>()
  const byHand = new Map<string, Work[]>()
  const [lies, labours] = [createLies(), createLabours()]
  const odd = new Map<string, OddInstance>()
  /** Until when something else than an operation has a resource. */
  const takenUntil = new Map<string, number>()
  /** Drawn once: a copy of a cluster is as odd. */
  const oddClusters = new Map<string, OddCluster>()
  const oddity = (id: string): OddInstance => {
    const known = odd.get(id) ?? oddInstance(id)
    odd.set(id, known)
    return known
  }
  const asked = { workMs: labours.ms, workFails: labours.fails, workShows: labours.shows, syncMs: labours.syncMs }
  Object.assign(dcs, { ...asked, listsTasks, oddity })

  const createCluster = (
    id: string,
    nowMs: () => number,
    more: Partial<FakeEmr>,
    writes?: FakeDcs['writes'],
  ): FakeEmr => {
    const odd = oddClusters.get(id) ?? oddCluster(id)
    oddClusters.set(id, odd)
    const { restartTime, hasTwins, hasClients, hasLog } = odd
    const processes = nodesOf(world().conditions.nodes ?? 2).flatMap((ip) => [
      ...[...PROCESSES, ...(hasTwins ? PROCESSES : [])].map(([service, component]) =>
        datedProcess(process(service, component, ip), nowMs, restartTime),
      ),
      ...(hasClients ? [process('HDFS', 'HdfsClient', ip, { isClient: true, monitored: false, restarted: null })] : []),
    ])
    const log = hasLog ? [] : undefined
    return Object.assign(createFakeEmr(nowMs, writes), { clusterId: id, processes, log, ...more })
  }

  const emr = (id: string): FakeEmr => {
    const known = clusters.get(id)
    if (known) return known
    const works = (): boolean => !truth.works.get(`tencent/emr/${id}`)?.fails
    // A cluster has no tasks that could be read.
    const lateMs = (): number => Math.min(LATE_ALONE_MS, labours.shows().statusMs)
    const fake = createCluster(id, now, { workMs: labours.ms, lateMs, works }, dcs.writes)
    clusters.set(id, fake)
    return fake
  }
  /** All clusters, as one account lists them. */
  const listClusters: FakeEmr['call'] = async (operation, input, place) => {
    const pages = await Promise.all([...clusters.values()].map((one) => one.call(operation, input, place)))
    const all = pages as { rows: number; total: number; atWork?: unknown[]; members?: unknown[] }[] // as the operation gives them
    const sum = (of: 'rows' | 'total'): number => all.reduce((so, page) => so + page[of], 0)
    const listed = {
      atWork: all.flatMap(({ atWork = [] }) => atWork),
      members: all.flatMap(({ members = [] }) => members),
    }
    return { rows: sum('rows'), total: sum('total'), ...listed } as never
  }
  const replicas = createReplicas(now, createCluster)
  const fakeOf = (resource: string): FakeDcs | FakeEmr => (resource.startsWith('huawei') ? dcs : emr(idIn(resource)))

  const underwayOn = (resource: string): Work | undefined => {
    const work = works.get(resource)
    return work && work.until > now() ? work : undefined
  }

  /** Until when the work before that of a resource went on, or showed. */
  const earlierUntil = new Map<string, number>()
  const begin = (resource: string, work: Work): void => {
    const { until = 0, hiddenUntil = 0 } = works.get(resource) ?? {}
    earlierUntil.set(resource, Math.max(until, hiddenUntil, takenUntil.get(resource) ?? 0))
    works.set(resource, work)
  }

  /** What a replica shows of it is not what the work before has left there. */
  const showsOwnPast = (resource: string): boolean => {
    const seenAt = now() - replicas.lagMs()
    return (works.get(resource)?.begunAt ?? 0) <= seenAt || (earlierUntil.get(resource) ?? 0) < seenAt
  }

  const workOf = (runId: string, operation: string, { ms, inVain, shows }: Labour): Work => {
    const times = { begunAt: now(), until: now() + ms, hiddenUntil: now() + shows.statusMs }
    return { runId, operation, ...times, fails: inVain }
  }

  const beginByHand = async (resource: string, { operation, input }: ByHand): Promise<void> => {
    if (underwayOn(resource) || (takenUntil.get(resource) ?? 0) > now()) return
    labours.start(`console ${resource}`)
    const call = (fake: FakeDcs | FakeEmr): Promise<unknown> => fake.call(operation, input, NOWHERE)
    await call(fakeOf(resource))
    const [labour] = labours.drawn
    if (!labour) return
    follow(resource, [labour], call)
    const work = workOf(CONSOLE, operation.name, labour)
    begin(resource, work)
    byHand.set(resource, [...(byHand.get(resource) ?? []), work])
    world().faults.meet('cloud somebody at the console', [CONSOLE])
    note(`somebody at the console: ${operation.name} of ${resource} begins, ${labour.ms} ms`)
  }

  /** A replica gets it, too; and its end comes when it is over. */
  const follow = (resource: string, drawn: readonly Labour[], call: Parameters<Replicas['follow']>[2]): void => {
    settleWhenOver(world().clock.after, resource, fakeOf(resource), drawn)
    replicas.follow(resource, drawn, call)
  }

  /** Something else than operations of ours, and than people's, has it: it takes none, and shows that. */
  const beginState = (resource: string, { status, ms }: OddState): void => {
    if (underwayOn(resource)) return
    const until = now() + ms
    const times = { begunAt: now(), until, hiddenUntil: now() }
    const work = { runId: CONSOLE, operation: `is ${status}`, ...times, fails: false }
    byHand.set(resource, [...(byHand.get(resource) ?? []), work])
    const show = (fake: FakeDcs | FakeEmr): unknown =>
      Object.assign('instance' in fake ? fake.instance(idIn(resource)) : fake, { odd: { status, until } })
    show(fakeOf(resource))
    replicas.change(resource, show)
    takenUntil.set(resource, until)
    world().faults.meet('cloud resource in another state', [CONSOLE])
    note(`${resource} is ${status} for ${ms} ms`)
  }

  const known = new Set<string>()
  const hearOf = (resource: string): void => {
    if (known.has(resource)) return
    known.add(resource)
    planVisits(resource, (work) => void beginByHand(resource, work))
    planStates(resource, (state) => beginState(resource, state))
  }

  /** What one call meant for one of its targets. @param labour of the work that was begun, if any */
  const judge = (operation: string, { resource, runId }: Target, labour: Labour | undefined): void => {
    const underway = underwayOn(resource)
    const work = labour && workOf(runId, operation, labour)
    if (work) begin(resource, work)
    if (work) lies.forget(idIn(resource))
    const how = labour ? `begins, ${labour.ms} ms${labour.inVain ? ', in vain' : ''}` : 'does not begin'
    note(`${operation} of ${resource} ${how}`, [runId])
    if (operation === 'dcs.backup.create') {
      if (work) backups.set(runId, (backups.get(runId) ?? 0) + 1)
      return
    }
    const one = { runId, operation, resource, at: now(), effective: work !== undefined, work }
    sent.push(one)
    world().witness.arrived(one, underway)
  }

  const write = async <Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    by: Scope,
  ): Promise<Output> => {
    const targets = targetsOf(operation, input, by)
    for (const { resource } of targets) {
      hearOf(resource)
      // What was told of the work before is what shows until the next one does.
      const id = idIn(resource)
      const mend = (fake: FakeDcs | FakeEmr): void => {
        if ('instance' in fake && fake.instance(id).status === 'ERROR') fake.instance(id).status = 'RUNNING'
      }
      if (!lies.isAbout(id)) continue
      mend(dcs)
      // Nobody was ever shown it.
      if (replicas.lagMs() > 0) mend(replicas.of(resource))
      replicas.change(resource, mend)
    }
    const isInvented = world().faults.happens('cloud says success, nothing begun')
    labours.start()
    const before = [dcs.writes.length, dcs.backedUp.length]
    const [{ resource: first } = { resource: '' }] = targets
    const call = (fake: FakeDcs | FakeEmr): Promise<Output> => fake.call(operation, input, NOWHERE)
    const answer = isInvented ? lies.acceptance(operation, input) : call(fakeOf(first))
    const changed = [
      ...dcs.writes.slice(before[0]).map(({ instanceId }) => instanceId),
      ...dcs.backedUp.slice(before[1]),
    ]
    for (const target of targets) judge(operation.name, target, labours.drawn[changed.indexOf(idIn(target.resource))])
    const begun = labours.drawn.slice(0, changed.length)
    if (begun.length > 0) follow(first, begun, call)
    return lies.remember(await answer, begun)
  }

  const truth: Truth = {
    works,
    beginByHand,
    sent,
    backups,
    dcs,
    endStates: () => {
      for (const [resource, until] of takenUntil) {
        const fake = resource.startsWith('huawei') ? dcs.instance(idIn(resource)) : emr(idIn(resource))
        if (until > now()) Object.assign(fake, { odd: { status: 2, until: 0 } })
      }
    },
    arrive: (operation, input, by) => {
      if (operation.effect !== 'read') return write(operation, input, by)
      const { clusterId, instanceId } = input as { clusterId?: string; instanceId?: string }
      const list = operation.name === 'emr.cluster.list' ? { call: listClusters } : undefined
      const fake = list ?? (clusterId === undefined ? dcs : emr(clusterId))
      const work = works.get(`huawei/dcs/${instanceId}`) ?? works.get(`tencent/emr/${clusterId}`)
      const hiddenSince = work && work.hiddenUntil > work.begunAt ? work.begunAt : undefined
      const isOver = !work || Math.max(work.until, work.hiddenUntil) <= now()
      const resource = clusterId === undefined ? `huawei/dcs/${instanceId}` : `tencent/emr/${clusterId}`
      const truly = (): Promise<never> => fake.call(operation, input, NOWHERE) as Promise<never> // of this operation
      const older = (): Promise<never> => replicas.of(resource).call(operation, input, NOWHERE) as Promise<never>
      const mayBeOlder = replicas.lagMs() > 0 && showsOwnPast(resource)
      return lies.read({ operation, input, by, hiddenSince, isOver, truly, ...(mayBeOlder ? { older } : {}) })
    },
    wasTouchedByHand: (resource, from, until) =>
      byHand.get(resource)?.some((work) => work.begunAt < until && Math.max(work.until, work.hiddenUntil) > from) ??
      false,
  }
  return truth
}

/** The addresses of so many nodes. */
function nodesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `10.0.${Math.floor(index / 250)}.${1 + (index % 250)}`)
}

/** On each node of a cluster. */
const PROCESSES = [
  ['HDFS', 'DataNode'],
  ['YARN', 'NodeManager'],
] as const

/** A process whose every restart has its time: one restart is told from the next. */
function datedProcess(one: FakeProcess, now: () => number, timeOf: OddCluster['restartTime']): FakeProcess {
  let restartedAt = START - 24 * 3_600_000
  return Object.defineProperty(one, 'restarted', {
    get: () => timeOf(restartedAt),
    set: () => {
      restartedAt = now()
    },
  })
}
