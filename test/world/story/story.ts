import { START } from '../engine/globals.ts'
import type { Line } from '../engine/log.ts'
import type { Sim } from '../engine/sim.ts'
import type { Violation } from '../engine/witness.ts'
import { createDoors } from './doors.ts'
import { type Home, natureOf } from './nature.ts'
import { rest } from './rest.ts'
import { createWorld, leaveWorld, type Options, type Subject } from './simulate.ts'
import { type Made, openStage } from './stage.ts'
import { successorsOf } from './successors.ts'
import { runsOf, verdictOf } from './verdict.ts'
import type { LookCounts } from './watch/looks.ts'
import { idOf } from './wishes.ts'

/** What happened in one world. */
export interface Story {
  seed: number
  home: Home
  runs: number
  faults: Readonly<Partial<Record<string, number>>>
  violations: Violation[]
  /** Which instances and clusters the violations are about. */
  targets: string[]
  /** Everything that was asked for. */
  made: Made[]
  lines: Line[]
  hash: string
  requests: Requests
  looks: LookCounts
  /** Changes that the clouds really made, and those of them that were a run's second. */
  changes: { made: number; doubled: number }
  longestRearmMs: number
}

/** How often each service was asked. */
export type Requests = Record<
  'table reads' | 'table writes' | 'messages sent' | 'invocations' | 'published' | 'cloud reads' | 'cloud writes',
  number
>

/** Whoever looks after the dead letters comes so often. */
const RESENT_EVERY_MS = 7 * 60_000

/** Lives through the world of a seed: trouble, then calm, then whoever comes next. Then the promises are checked. */
export async function tell(seed: number, subject: Subject, options: Options = {}): Promise<Story> {
  const nature = natureOf(seed, options)
  const sim = createWorld(seed, nature, subject, options)
  const { clock, faults, witness } = sim
  // There is a queue for what could not be handed over on AWS only.
  const doors = createDoors(sim.machine ? undefined : subject.template.functions.get('receive-alarm')?.failureQueue)
  try {
    const [withinMs, endsAt] = [nature.troubleMs * 0.7, START + nature.troubleMs]
    const { scenes, ...asked } = options
    const stage = openStage({ ...asked, forced: scenes, nature, seed, sim, doors, withinMs, endsAt })
    for (let at = START; at < START + nature.troubleMs; at += RESENT_EVERY_MS) clock.at(at, doors.resend)
    await clock.run(START + nature.troubleMs)
    faults.end()
    // A machine that is off or frozen then goes on first.
    await clock.run(sim.machine?.upAt() ?? 0)
    sim.machine?.setClock()
    const calmAt = clock.now()
    await rest(sim, witness)
    const redriven = await stage.afterwards(witness)
    const verdict = verdictOf({ sim, theme: nature.theme, doors, seen: witness, calmAt })
    const violations = [...verdict, ...stage.violations(), ...redriven]
    if (violations.length === 0 && !options.plain)
      violations.push(...(await successorsOf(seed, sim, witness, doors, stage.made())))
    if (violations.length === 0) violations.push(...(await stage.muchLater(witness)))
    const runs = runsOf(sim)
    const broken = new Set(violations.flatMap((one) => one.runs))
    const targets = runs.filter(({ id }) => broken.has(id)).map(({ target }) => idOf(target))
    const { lines = [], hash = () => '' } = sim.log ?? {}
    const told = {
      lines,
      hash: hash(),
      requests: requestsOf(sim),
      looks: stage.looks(),
      changes: changesOf(sim),
      longestRearmMs: Math.max(0, ...witness.rearmedAfterMs),
    }
    const { home } = nature
    return { seed, home, runs: runs.length, faults: faults.counts, violations, targets, made: stage.made(), ...told }
  } finally {
    leaveWorld(sim)
  }
}

function changesOf({ cloud }: Sim): Story['changes'] {
  const made = cloud.truth.sent.filter(({ effective }) => effective)
  return { made: made.length, doubled: made.length - new Set(made.map(({ runId }) => runId)).size }
}

function requestsOf({ table, queues, lambda, topic, cloud }: Sim): Requests {
  return {
    'table reads': table.counts.reads,
    'table writes': table.counts.writes,
    'messages sent': queues.sent,
    invocations: lambda.invocations,
    published: topic.deliveries.length,
    'cloud reads': cloud.reads,
    'cloud writes': cloud.writes,
  }
}
