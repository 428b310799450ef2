import { CROWDED } from '../contention.ts'
import type { Mutant } from '../mutant.ts'

const ON_AWS = { home: 'aws' } as const

/** Guards of ends and of what is told, of the sweeper, of dead letters, of what AWS is asked for. */
export const OF_ENDS: readonly Mutant[] = [
  {
    name: 'the sweeper re-arms nothing',
    rewrites: [
      {
        file: 'lib/runs/sweep.ts',
        find: 'return down.has(queue) ? false : run',
        replace: 'return down.has(queue)',
      },
    ],
  },
  {
    name: 'the sweeper tells nobody',
    rewrites: [
      {
        file: 'lib/runs/sweep.ts',
        find: 'noteSweep(begunAt))\n  return rescued + (await notifyEnds(ports, it.unnotified, deadlineAtMs))',
        replace: 'noteSweep(begunAt))\n  return rescued',
      },
    ],
  },
  {
    name: 'nothing ends at its deadline',
    rewrites: [
      {
        file: 'lib/runs/track/conclude.ts',
        find: 'return isPastDeadline ? timedOut(run, changes) : { changes, done: false }',
        replace: 'return { changes, done: false }',
      },
      {
        file: 'lib/runs/sweep.ts',
        find: '>= CLOCKS_APART_MS && wasObserved) {',
        replace: '< 0 && wasObserved) {',
      },
    ],
  },
  {
    name: 'an end is noted as told before it is told',
    rewrites: [
      {
        file: 'lib/runs/transition.ts',
        find: '  const { failures } = await inParallel(parts, (part) => part())',
        replace:
          '  await note(ports, run, { notifiedAt: plusMs(ports.clock(), 0) })\n  const { failures } = await inParallel(parts, (part) => part())',
      },
    ],
  },
  {
    name: 'every telling has an id of its own',
    rewrites: [
      {
        file: 'lib/notify/events.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        find: 'id: `${id}/${state}`,',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        replace: 'id: `${id}/${state}/${Date.now()}`,',
      },
    ],
  },
  {
    name: 'AWS may cut the loop of poll-run',
    rewrites: [
      {
        file: 'serverless.yml',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        find: '    timeout: ${self:custom.poll.timeout}\n    recursiveLoop: Allow\n',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
        replace: '    timeout: ${self:custom.poll.timeout}\n',
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'a function does not say which messages of a batch failed',
    rewrites: [
      {
        file: 'serverless.yml',
        find: 'batchSize: 100, maximumBatchingWindow: 1, functionResponseType: ReportBatchItemFailures,',
        replace: 'batchSize: 100, maximumBatchingWindow: 1,',
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'a message that failed is taken for handled',
    rewrites: [
      {
        file: 'lib/aws/sqs-batch.ts',
        find: '        throw error\n      }',
        replace: '      }',
      },
    ],
  },
  {
    name: 'a dead letter is not kept',
    rewrites: [
      {
        file: 'lib/dead-letters/keep.ts',
        find: 'const deadLetter = (await ports.store.createDeadLetter(fresh)) ?? fresh',
        replace: 'const deadLetter = fresh',
      },
    ],
  },
  {
    name: 'an end is told though its write was lost',
    rewrites: [
      {
        file: 'lib/runs/transition.ts',
        find: 'const ended = await saved(ports, run, changed(run, { ...ending, outcome: boundedOutcome(outcome) }, ports.clock()))',
        replace:
          'const ended = changed(run, { ...ending, outcome: boundedOutcome(outcome) }, ports.clock())\n  await saved(ports, run, ended)',
      },
    ],
    kind: CROWDED,
  },
]
