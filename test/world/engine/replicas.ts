import { readClusterStatus } from '../../../lib/services/emr/clusters.ts'
import { createFakeDcs, type FakeDcs } from '../fake-dcs.ts'
import type { FakeEmr } from '../fake-emr.ts'
import { whole } from './chance.ts'
import { world } from './current.ts'
import { type Labour, playedLabours } from './labour.ts'
import { idIn } from './targets.ts'

/** The clouds as they were: a copy of each that gets everything so much later. */
export interface Replicas {
  /** How far they are behind in this world (ms); 0 where no read ever shows them. */
  lagMs(): number
  of(resource: string): FakeDcs | FakeEmr
  /** A call that was just made, and began this work there. */
  follow(resource: string, labours: readonly Labour[], call: (fake: FakeDcs | FakeEmr) => Promise<unknown>): void
  /** Anything else that has just changed. */
  change(resource: string, does: (fake: FakeDcs | FakeEmr) => void): void
}

const SHORTEST_MS = 5_000
/** No read of a cloud is further behind. */
export const STALEST_MS = 60_000

/** @param create makes the copy of a cluster */
export function createReplicas(
  now: () => number,
  create: (
    id: string,
    nowMs: () => number,
    fake: Pick<FakeEmr, 'workMs' | 'lateMs'>,
    writes: FakeDcs['writes'],
  ) => FakeEmr,
): Replicas {
  let lag: number | undefined
  const lagMs = (): number => {
    lag ??= isNeeded() ? SHORTEST_MS + whole(STALEST_MS - SHORTEST_MS, () => world().chance('lag', 'replicas')) : 0
    return lag
  }
  const nowMs = (): number => now() - lagMs()
  const played = playedLabours()
  const dcs = Object.assign(createFakeDcs(nowMs), {
    ...{ workMs: played.ms, workFails: played.fails, workShows: played.shows, syncMs: played.syncMs },
    // Neither is known before the world lives.
    oddity: (id: string) => world().cloud.truth.dcs.oddity(id),
  })
  const clusters = new Map<string, FakeEmr>()
  const emr = (id: string): FakeEmr => {
    const asked = { workMs: played.ms, lateMs: () => played.shows().statusMs }
    const fake = clusters.get(id) ?? create(id, nowMs, asked, dcs.writes)
    clusters.set(id, fake)
    return fake
  }
  const of = (resource: string): FakeDcs | FakeEmr => (resource.startsWith('huawei') ? dcs : emr(idIn(resource)))
  const change = (resource: string, does: (fake: FakeDcs | FakeEmr) => void): void => {
    if (lagMs() > 0) world().clock.after(lagMs(), () => does(of(resource)))
  }
  return {
    lagMs,
    of,
    change,
    follow: (resource, labours, call) => {
      change(resource, (fake) => {
        dcs.listsTasks = world().cloud.truth.dcs.listsTasks
        played.play(labours)
        if ('works' in fake) fake.works = () => labours[0]?.inVain !== true
        void call(fake).catch(() => {})
        settleWhenOver(world().clock.after, resource, fake, labours)
      })
    },
  }
}

function isNeeded(): boolean {
  const { faults } = world()
  return faults.rateOf('cloud shows an older state twice') > 0 || faults.rateOf('cloud lists what was') > 0
}

/** What work does, it does when it ends, not when somebody looks next. */
export function settleWhenOver(
  after: (ms: number, run: () => void) => unknown,
  resource: string,
  fake: FakeDcs | FakeEmr,
  labours: readonly Labour[],
): void {
  for (const { ms } of labours) {
    after(ms, () => {
      if ('instance' in fake) fake.instance(idIn(resource))
      else void readClusterStatus(fake.read, fake.clusterId).catch(() => {})
    })
  }
}
