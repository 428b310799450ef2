import type { Mutant } from '../mutant.ts'
import type { Kind } from '../nature.ts'

/** Worlds in which much of what alarms start fails. */
const FAILING: Kind = { theme: 'cloud', harm: 1, favoured: 'dcs.instance.restart' }

/** Guards of rules and operations whose runs fail. */
export const OF_BREAKERS: readonly Mutant[] = [
  {
    name: 'no breaker is asked',
    // Rules and operations guard each other here: each rule of the simulation has an operation of its own.
    rewrites: [
      { file: 'lib/runs/guards/judge-rule.ts', find: "breaker === 'off' ? undefined", replace: 'breaker ? undefined' },
      { file: 'lib/runs/guards/judge-rule.ts', find: "|| breaker === 'off') return", replace: '|| breaker) return' },
    ],
    kind: FAILING,
  },
  {
    name: 'all runs are tried while a breaker is half-open',
    rewrites: [
      {
        file: 'lib/runs/submit/pass-guards.ts',
        find: 'await claimTrials(ports, settings, subject)',
        replace: 'ports && undefined',
      },
    ],
    kind: FAILING,
  },
  {
    name: 'failures are not counted',
    rewrites: [
      {
        file: 'lib/runs/guards/note-outcome.ts',
        find: 'if (!isFailed && !isTrial &&',
        replace: 'if (isFailed || !isTrial &&',
      },
    ],
    kind: FAILING,
  },
  {
    name: 'nobody is told that a breaker has opened',
    rewrites: [{ file: 'lib/runs/guards/tend-rules.ts', find: 'announce: [...announce, opened]', replace: 'announce' }],
    kind: FAILING,
  },
]
