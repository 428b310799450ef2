import { loadavg } from 'node:os'
import { startClouds } from '../soak/clouds.ts'
import { contestant, type Rival } from './machine/contestant.ts'
import { instanceIds } from './machine/requests.ts'
import { type Figures, INSTANCES, measureRound, RUNS, SENDERS, WEBHOOKS } from './machine/round.ts'
import { line, type Measured, median } from './measure.ts'
import { withFolder } from './place.ts'

/** A figure of the table, and what it is to be. */
interface Row {
  name: string
  of: (figures: Figures) => number
  unit: string
  /** No more than this. */
  target?: number
  /** No more than this share of the rival's. */
  share?: number
}

/** The targets are those that one machine was built for. */
const ROWS: readonly Row[] = [
  { name: 'start.first', of: (one) => one.firstStart, unit: 'ms' },
  { name: 'start.second', of: (one) => one.secondStart, unit: 'ms', target: 500 },
  { name: 'resident.idle', of: (one) => one.idleMb, unit: 'MB', target: 100 },
  { name: 'resident.runs', of: (one) => one.mbAfterRuns, unit: 'MB' },
  { name: 'run.p50', of: ({ run }) => run.p50, unit: 'ms' },
  { name: 'run.p99', of: ({ run }) => run.p99, unit: 'ms', target: 100 },
  { name: 'run.cpu', of: ({ run }) => run.cpu, unit: 'ms' },
  { name: 'run.failed', of: ({ run }) => run.failed, unit: 'of them', target: 0 },
  { name: 'run.cpu.whole', of: (one) => one.wholeRunCpu, unit: 'ms' },
  { name: 'webhook.p50', of: ({ webhook }) => webhook.p50, unit: 'ms' },
  { name: 'webhook.p99', of: ({ webhook }) => webhook.p99, unit: 'ms' },
  { name: 'webhook.cpu', of: ({ webhook }) => webhook.cpu, unit: 'ms', share: 0.2 },
  { name: 'webhook.failed', of: ({ webhook }) => webhook.failed, unit: 'of them', target: 0 },
  { name: 'kill.step.median', of: (one) => one.killToStepMedian, unit: 'ms', target: 5_000 },
  { name: 'kill.step.most', of: (one) => one.killToStepMost, unit: 'ms' },
]

const MEANINGS = [
  'start.first: from the start of the process until it listens, nothing compiled; start.second: what was compiled is kept',
  `resident: memory of its processes, after the start, and after ${RUNS} runs have ended`,
  `run: POST /runs by ${SENDERS} senders at once, for ${RUNS} instances, while those accepted are carried out; whole: CPU until all have ended`,
  `webhook: a signed event for which there is no rule, ${WEBHOOKS} by ${SENDERS} senders at once`,
  'kill.step: from a SIGKILL, started again at once, until the cloud hears of the resource of each live run again',
]

/** Of the line to the clouds. */
const SEED = 1

export interface MachineOptions {
  /** Measured in the same way, in turns. */
  rival?: Rival | undefined
  rounds?: number
}

/** One machine: all in one process, its clouds in another. */
export async function machine({ rival, rounds = 1 }: MachineOptions): Promise<Measured> {
  const ours: Figures[] = []
  const theirs: Figures[] = []
  const busy = [loadNow()]
  for (let round = 0; round < rounds; round++) {
    ours.push(await measured())
    if (rival) theirs.push(await measured(rival))
    busy.push(loadNow())
  }
  const compared = ROWS.map((row) => ({
    ...row,
    ours: median(ours.map(row.of)),
    ...(rival ? { theirs: median(theirs.map(row.of)) } : {}),
  }))
  return {
    heading: `machine: one process, its clouds in another; medians of ${rounds} rounds; load of the system before and after each: ${busy.join(', ')}`,
    lines: [...MEANINGS, '', ...compared.map(rowLine)],
    ratios: compared.flatMap(({ name, unit, target, ours, theirs, share = 1 }) =>
      theirs === undefined || target === 0 ? [] : [{ name: `machine.${name}`, ours, theirs, unit, target: share }],
    ),
  }
}

/** On a folder and with clouds of its own, which know nothing of a contestant before. */
function measured(rival?: Rival): Promise<Figures> {
  return withFolder(async (folder) => {
    const instances = instanceIds(INSTANCES)
    const wishes = instances.map((resource) => ({ cloud: 'dcs' as const, resource }))
    // A cloud that refuses what comes too fast would be measured, not who asks it.
    const clouds = await startClouds({ wishes, seed: SEED, perSecond: 0 })
    try {
      return await measureRound(contestant(clouds.env, rival), clouds, folder, instances)
    } finally {
      clouds.close()
    }
  })
}

function rowLine({ name, unit, target, ours, theirs }: Row & { ours: number; theirs?: number }): string {
  const verdict = target === undefined ? '' : `target <= ${target} ${unit}  ${ours <= target ? 'met' : 'NOT MET'}`
  return `${line(name, ours, unit, 2)}   ${theirs === undefined ? '' : `rival ${theirs.toFixed(2)} ${unit}`.padEnd(24)} ${verdict}`
}

/** Processes that wanted a core within the last minute. */
function loadNow(): string {
  return loadavg()[0]?.toFixed(1) ?? ''
}
