import { setTimeout as sleep } from 'node:timers/promises'
import type { Clouds } from '../../soak/clouds.ts'
import { standstills } from '../../soak/figures.ts'
import { cpuMs, residentMb } from '../../soak/process-group.ts'
import type { Product } from '../../soak/product.ts'
import { isAllEnded, listRuns } from '../../soak/runs.ts'
import type { Contestant } from './contestant.ts'
import { runRequests, webhooks } from './requests.ts'
import { type LoadFigures, load } from './senders.ts'

/** All that is measured of a contestant: ms, and MB of memory. */
export interface Figures {
  firstStart: number
  secondStart: number
  idleMb: number
  mbAfterRuns: number
  run: LoadFigures
  /** CPU of a run until it has ended. */
  wholeRunCpu: number
  webhook: LoadFigures
  killToStepMedian: number
  killToStepMost: number
}

export const SENDERS = 50
const WARM_UP = 100
export const RUNS = 1_000
export const WEBHOOKS = 2_000
/** Live when it is killed. */
const LIVE = 50

/** So many instances a contestant needs in a round: one a run, so that none waits for another. */
export const INSTANCES = WARM_UP + RUNS + LIVE

/** From the start until nothing of it is done any more. */
const SETTLED_MS = 5_000
const MOST_END_MS = 20 * 60_000
const LOOK_EVERY_MS = 1_000
/** From when the last run is accepted to the kill: some are being sent then, most are under way. */
const UNDER_WAY_MS = 2_000

/** What the cloud does in a second, and in five. */
const [SWAP, STOP] = ['dcs.instance.swap', 'dcs.instance.stop']

/** @param instances nobody else's, `INSTANCES` of them */
export async function measureRound(
  contestant: Contestant,
  clouds: Clouds,
  dataDir: string,
  instances: string[],
): Promise<Figures> {
  const { product, url, ...starts } = await measureStarts(contestant, dataDir)
  const { pid } = product
  const post = (operation: string, from: number, count: number): Promise<LoadFigures> =>
    load(url, pid, runRequests(operation, instances.slice(from, from + count)), SENDERS)
  const deliver = (name: string, count: number): Promise<LoadFigures> =>
    load(url, pid, webhooks(dataDir, name, count), SENDERS)
  try {
    await sleep(SETTLED_MS)
    const idleMb = memoryOf(pid)
    await post(SWAP, 0, WARM_UP)
    await untilEnded(url)
    const cpuBefore = cpuMs(pid)
    const run = await post(SWAP, WARM_UP, RUNS)
    await untilEnded(url)
    const wholeRunCpu = (cpuMs(pid) - cpuBefore) / RUNS
    const mbAfterRuns = memoryOf(pid)
    await deliver('warm-up', WARM_UP)
    const webhook = await deliver('bench', WEBHOOKS)
    await post(STOP, WARM_UP + RUNS, LIVE)
    const killed = await measureKill(product, contestant, clouds, dataDir)
    return { ...starts, idleMb, mbAfterRuns, run, wholeRunCpu, webhook, ...killed }
  } finally {
    await product.end('SIGKILL')
  }
}

interface Started {
  product: Product
  url: string
  ms: number
}

async function started(product: Product): Promise<Started> {
  const url = await product.listens()
  const { startedAt, listenedAt, ended } = product.life
  if (url === undefined || listenedAt === undefined) throw new Error(`it did not start: ${ended}`)
  return { product, url, ms: listenedAt - startedAt }
}

async function measureStarts(
  contestant: Contestant,
  dataDir: string,
): Promise<Pick<Figures, 'firstStart' | 'secondStart'> & Pick<Started, 'product' | 'url'>> {
  // Without what an earlier start has compiled, as in a fresh clone.
  const first = await started(contestant.start(dataDir, { NODE_DISABLE_COMPILE_CACHE: '1' }))
  await first.product.end('SIGTERM')
  // The first that may, keeps what it compiles; the next finds it.
  const keeping = await started(contestant.start(dataDir))
  await keeping.product.end('SIGTERM')
  const { product, url, ms } = await started(contestant.start(dataDir))
  return { product, url, firstStart: first.ms, secondStart: ms }
}

/** Kills it, starts it again, and waits until the cloud has heard of every run that was live, or it has ended. */
async function measureKill(
  { life, end }: Product,
  contestant: Contestant,
  clouds: Clouds,
  dataDir: string,
): Promise<Pick<Figures, 'killToStepMedian' | 'killToStepMost'>> {
  await sleep(UNDER_WAY_MS)
  await end('SIGKILL')
  const { product, url } = await started(contestant.start(dataDir))
  try {
    await untilEnded(url)
    const runs = (await listRuns(url)) ?? []
    const { median, most } = standstills({ lives: [life], runs, tally: await clouds.tally() }, 'all')
    return { killToStepMedian: median * 1000, killToStepMost: most * 1000 }
  } finally {
    await product.end('SIGKILL')
  }
}

async function untilEnded(url: string): Promise<void> {
  for (const until = Date.now() + MOST_END_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) {
    if (await isAllEnded(url)) return
  }
  throw new Error(`runs are live after ${MOST_END_MS / 60_000} min`)
}

function memoryOf(pid: number): number {
  return residentMb(pid) ?? Number.NaN
}
