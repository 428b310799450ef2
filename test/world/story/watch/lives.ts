import type { Run } from '../../../../lib/runs/run.ts'
import { isFinal, type State } from '../../../../lib/runs/states.ts'
import type { Item } from '../../engine/expressions.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Work } from '../../engine/witness.ts'
import { listen } from './listen.ts'

/** What really became of one run, by the world's clock (epoch ms). */
export interface Life {
  createdAt: number
  endedAt: number | undefined
  /** All states that it was ever in. */
  states: Set<State>
  /** The change that it made, and what came of it. */
  change: { at: number; work: Work } | undefined
}

export interface Lives {
  of: ReadonlyMap<string, Life>
  /** Does this when a run ends. */
  onEnd(does: (run: Run) => void): void
}

/** Follows every run from its first write on. */
export function followLives(sim: Sim): Lives {
  const { clock, witness } = sim
  const lives = new Map<string, Life>()
  const enders: ((run: Run) => void)[] = []
  listen(witness, {
    written: (before, after) => {
      if (after?.kind !== 'run') return
      const run = runOf(after)
      const fresh: Life = { createdAt: clock.now(), endedAt: undefined, states: new Set(), change: undefined }
      const life = lives.get(run.id) ?? fresh
      lives.set(run.id, life)
      life.states.add(run.state)
      if (!isFinal(run.state) || (before && isFinal(runOf(before).state))) return
      life.endedAt ??= clock.now()
      for (const does of enders) does(run)
    },
    arrived: ({ runId, work }) => {
      const life = lives.get(runId)
      if (life && work) life.change ??= { at: clock.now(), work }
    },
  })
  return { of: lives, onEnd: (does) => enders.push(does) }
}

/** Items of the kind `run` are what our own store wrote. */
export function runOf(item: Item): Run {
  return item as unknown as Run
}
