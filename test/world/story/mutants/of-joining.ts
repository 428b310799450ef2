import type { Mutant } from '../mutant.ts'

const SAME_REQUESTS = { scenes: ['spellings', 'rush'] } as const satisfies Mutant['kind']
const UNDISTURBED = { ...SAME_REQUESTS, theme: 'nothing' } as const

/** Guards of runs that joined another: of how they are woken, and of how little they do until then. */
export const OF_JOINING: readonly Mutant[] = [
  {
    name: 'a run that ends wakes none of those that joined it',
    rewrites: [
      {
        file: 'lib/runs/transition.ts',
        find: '() => wakeJoined(ports, run),',
        replace: '',
      },
    ],
    kind: UNDISTURBED,
  },
  {
    name: 'the message that wakes a run is dropped as early',
    rewrites: [
      {
        file: 'lib/runs/track/poll.ts',
        find: "if (run.state !== 'attached' && isEarly(run, now))",
        replace: 'if (isEarly(run, now))',
      },
    ],
    kind: UNDISTURBED,
  },
  {
    name: 'any message of an attached run makes a step',
    rewrites: [
      {
        file: 'lib/runs/track/follow.ts',
        find: 'if (isEarly(run, ports.clock())) return\n',
        replace: '',
      },
    ],
    kind: SAME_REQUESTS,
  },
  {
    name: 'an early message of an attached run leads to another',
    rewrites: [
      {
        file: 'lib/runs/track/follow.ts',
        find: 'if (isEarly(run, ports.clock())) return\n',
        replace: 'if (isEarly(run, ports.clock())) return enqueue(ports, run, 10)\n',
      },
    ],
    kind: SAME_REQUESTS,
  },
  {
    name: 'a run that joins another leaves no mark',
    rewrites: [
      {
        file: 'lib/runs/track/follow.ts',
        find: 'now = (await markJoined(ports, now)) ??',
        replace: 'now =',
      },
    ],
    kind: UNDISTURBED,
  },
  {
    name: 'a mark costs the run that is joined its step, or its call',
    rewrites: [
      {
        file: 'lib/runs/transition.ts',
        find: 'if (before.isJoined) return undefined\n',
        replace: 'return undefined\n',
      },
    ],
    kind: UNDISTURBED,
  },
  {
    name: 'what a newer release wrote with a mark is dropped',
    rewrites: [
      {
        file: 'lib/runs/transition.ts',
        find: 'withAdded(after, { before, other: stored })',
        replace: '({ ...after, isJoined: true })',
      },
    ],
    kind: SAME_REQUESTS,
  },
]
