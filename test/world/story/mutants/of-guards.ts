import type { Mutant } from '../mutant.ts'

const LADDERS = { scenes: ['ladder'] } as const

/** Guards of ladders and their episodes, and of pauses. */
export const OF_GUARDS: readonly Mutant[] = [
  {
    name: 'the next step does not wait until the alarm had time to resolve',
    rewrites: [
      {
        file: 'lib/runs/episodes/steps.ts',
        find: "if (!isOver || Date.parse(rung.endedAt ?? '') + rung.settleMs > nowMs) return undefined",
        replace: 'if (!isOver) return undefined',
      },
      {
        file: 'lib/runs/episodes/episode.ts',
        find: "if (phase === 'settling') return plusMs(rung?.endedAt ?? since, rung?.settleMs ?? 0)",
        replace: "if (phase === 'settling') return since",
      },
    ],
    kind: LADDERS,
  },
  {
    name: 'a step follows one of which nobody knows how it ended',
    rewrites: [
      {
        file: 'lib/runs/episodes/steps.ts',
        find: "if (run.state === 'succeeded' || run.state === 'failed') {",
        replace: "if (['succeeded', 'failed', 'unknown', 'timed-out'].includes(run.state)) {",
      },
    ],
    kind: { ...LADDERS, harm: 1 },
  },
  {
    name: 'that an alarm is resolved is not noted',
    rewrites: [
      {
        file: 'lib/runs/episodes/steps.ts',
        find: 'if (signal.resolvedAt !== undefined && signal.resolvedAt >= occurredAt) return undefined',
        replace: 'if (occurredAt) return undefined',
      },
    ],
    kind: LADDERS,
  },
  {
    name: 'an episode whose number was not noted is not found',
    rewrites: [
      {
        file: 'lib/runs/episodes/episodes.ts',
        find: 'for (let next = number + 1; ; next++) {',
        replace: 'for (let next = number + 1; ; next++) {\n    if (next) return { number }',
      },
    ],
    kind: { ...LADDERS, harm: 1 },
  },
  {
    name: 'a step that was not begun is not begun again',
    rewrites: [
      {
        file: 'lib/runs/episodes/episode.ts',
        find: "if (phase === 'starting') return plusMs(since, BEGIN_AGAIN_MS)",
        replace: "if (phase === 'starting') return undefined",
      },
    ],
    kind: { ...LADDERS, harm: 1 },
  },
  {
    name: 'the end of a step that is told again is taken for that of the next',
    rewrites: [
      {
        file: 'lib/runs/episodes/steps.ts',
        find: 'if (before.rungs.some(({ runId }) => runId === run.id)) return undefined',
        replace: '',
      },
    ],
    kind: { ...LADDERS, harm: 1 },
  },
  {
    name: 'nobody is told that all was tried',
    rewrites: [
      {
        file: 'lib/runs/episodes/steps.ts',
        find: "if (after.phase !== 'exhausted' || before.phase === 'exhausted') return []",
        replace: 'if (after) return []',
      },
    ],
    kind: LADDERS,
  },
  {
    name: 'pauses are not asked',
    rewrites: [
      {
        file: 'lib/runs/guards/judge.ts',
        find: '[pause, judgeRule, ',
        replace: '[judgeRule, ',
      },
    ],
    kind: { scenes: ['pause'] },
  },
  {
    name: 'a run that is kept waiting leaves its resource to others while its backup goes on',
    rewrites: [
      {
        file: 'lib/runs/held.ts',
        find: 'heldBackUntil !== undefined && preparedAt === undefined',
        replace: 'heldBackUntil !== undefined',
      },
    ],
    kind: { scenes: ['held back'] },
  },
  {
    name: 'a disarmed rule is not refused',
    rewrites: [
      {
        file: 'lib/runs/guards/disarm.ts',
        find: 'if (!isDisarmed(record, nowMs)) return undefined',
        replace: 'if (record) return undefined',
      },
    ],
    kind: LADDERS,
  },
]
