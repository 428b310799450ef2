import type { Mutant } from '../mutant.ts'

/** Guards of how a run is sent, looked for, looked at and withdrawn. */
export const OF_STEPS: readonly Mutant[] = [
  {
    name: 'the intent is not written before the call',
    rewrites: [
      {
        file: 'lib/runs/submit/submit.ts',
        find: "await claim(ports, run, { forMs: CLAIM_MS, state: 'submitting', ...facts, ...times })",
        replace: "{ ...run, state: 'submitting' as const, ...facts, ...times, version: run.version + 1 }",
      },
    ],
  },
  {
    name: 'a call is sent whether or not its intent was written',
    rewrites: [
      {
        file: 'lib/runs/submit/submit.ts',
        find: 'return intent && { run: intent, operation, durations }',
        replace:
          "return { run: intent ?? { ...run, state: 'submitting' as const, ...facts, ...times, version: run.version + 1 }, operation, durations }",
      },
    ],
  },
  {
    name: 'a run that was being sent is sent again unseen',
    rewrites: [
      {
        file: 'lib/runs/submit/submit.ts',
        find: "if (found.state === 'submitting') return void (await reconcile(ports, found, deadlineAtMs))\n",
        replace: "if (found.state === 'submitting') found.state = 'queued'\n",
      },
    ],
  },
  {
    name: 'a call without a clear answer is sent again',
    rewrites: [
      {
        file: 'lib/runs/submit/send.ts',
        find: 'return isClear ? postponeOrFail(ports, { run, operation }, answer) : writeDoubt(ports, run, errorOf(answer))',
        replace: 'return postponeOrFail(ports, { run, operation }, answer)',
      },
    ],
  },
  {
    name: 'a look does not raise its step',
    rewrites: [
      {
        file: 'lib/runs/track/poll.ts',
        find: '{ ...conclusion.changes, step: run.step + 1 }',
        replace: 'conclusion.changes',
      },
    ],
  },
  {
    name: 'a message of any step is looked at',
    rewrites: [
      {
        file: 'lib/runs/track/poll.ts',
        find: ' || message.step !== run.step) return',
        replace: ') return',
      },
    ],
  },
  {
    name: 'a run that has ended is looked at',
    rewrites: [
      {
        file: 'lib/runs/track/poll.ts',
        find: "if (isFinal(run.state) || rulesOf(run.state).queue !== 'polls' || message.step",
        replace: 'if (message.step',
      },
    ],
  },
  {
    name: 'delays are not bounded',
    rewrites: [
      {
        file: 'lib/runs/schedule.ts',
        find: 'return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(seconds)))',
        replace: 'return Math.ceil(seconds) * 100',
      },
    ],
  },
  {
    name: 'success needs no proof on the resource',
    rewrites: [
      {
        file: 'lib/runs/track/poll.ts',
        find: 'if (!first.done || !verify) return',
        replace: 'if (first.done || !verify) return',
      },
    ],
  },
  {
    name: 'two backups may be asked for',
    rewrites: [
      {
        file: 'lib/runs/submit/prepare.ts',
        find: 'await claim(ports, run, { forMs: CLAIM_MS, preparedAt: plusMs(ports.clock(), 0), ...named })',
        replace: '{ ...run, preparedAt: plusMs(ports.clock(), 0) }',
      },
    ],
    kind: { theme: 'cloud', harm: 1, favoured: 'dcs.node.stop' },
  },
  {
    name: 'a wait that is longer than a queue delays ends with its first message',
    rewrites: [
      {
        file: 'lib/runs/submit/submit.ts',
        find: 'if (isEarly(found, now)) return void (await requeueOrDrop(ports, found, now))',
        replace: 'if (isEarly(found, now)) return undefined',
      },
    ],
    kind: { theme: 'cloud', harm: 1 },
  },
  {
    name: 'a run is cancelled though it was sent',
    rewrites: [
      {
        file: 'lib/runs/cancel.ts',
        find: "return (state === 'queued' || state === 'attached') && sentAt === undefined",
        replace: "return state !== 'succeeded' || sentAt === undefined",
      },
      {
        file: 'lib/runs/states.ts',
        find: "becomes: ['queued', 'tracking', 'verifying', 'failed', 'unknown'],",
        replace: "becomes: ['queued', 'tracking', 'verifying', 'failed', 'unknown', 'cancelled'],",
      },
    ],
    kind: { scenes: ['mass cancel', 'rush'] },
  },
  {
    name: 'quiet is counted from when the run was made, not from its sending',
    rewrites: [
      {
        file: 'lib/runs/submit/reconcile.ts',
        find: 'const isOver = now - sentAtMs(run) >= QUIET_MS',
        replace: 'const isOver = now - Date.parse(run.createdAt) >= QUIET_MS',
      },
    ],
    kind: { theme: 'cloud', harm: 1, scenes: ['request arrives late', 'line after doubt'] },
  },
  {
    name: 'patience is counted from when the run was made',
    rewrites: [
      {
        file: 'lib/runs/run.ts',
        find: 'return Date.parse(acceptedAt ?? createdAt)',
        replace: 'return Date.parse(createdAt)',
      },
    ],
    kind: { scenes: ['work shows late', 'mass cancel'], favoured: 'dcs.instance.restart' },
  },
  {
    name: 'an answer is written at the first try, or never',
    rewrites: [
      {
        file: 'lib/runs/submit/send.ts',
        find: 'if (attempt === MAX_ATTEMPTS) break',
        replace: 'break',
      },
    ],
    kind: { scenes: ['answer comes late'] },
  },
  {
    name: 'the last look is not at the deadline',
    rewrites: [
      {
        file: 'lib/runs/track/poll.ts',
        find: ', ...ends.map((at) => at - now))',
        replace: ', ...ends.map(() => 600_000)) * 4',
      },
    ],
  },
  {
    name: 'whatever was seen before counts as work that was seen',
    rewrites: [
      {
        file: 'lib/runs/track/conclude.ts',
        find: 'const sawWork = run.sawWork || (observation.listed && observation.atWork)',
        replace: 'const sawWork = run.sawWork || Object.keys(run.progress.observedCounts).length > 0',
      },
    ],
    kind: { theme: 'cloud', harm: 1, scenes: ['work shows late'], favoured: 'dcs.instance.restart' },
  },
  {
    name: 'a job that was found is not followed',
    rewrites: [
      {
        file: 'lib/services/dcs/probes/instance.ts',
        find: 'const job = await jobOf(read, facts)',
        replace: 'const job = undefined as Observation | undefined',
      },
      {
        file: 'lib/services/dcs/probes/instance.ts',
        find: "if (stage === 'working') return { ...found, verdict: 'pending' }",
        replace: "if (stage === 'working') return { ...status, asBefore: false }",
      },
    ],
    kind: { theme: 'cloud', harm: 1, scenes: ['work shows late'], favoured: 'dcs.instance.restart' },
  },
  {
    name: 'what shows nothing is believed at once',
    rewrites: [
      {
        file: 'lib/runs/track/conclude.ts',
        find: 'return asBefore === true && !sawWork && unchangedSeconds !== undefined',
        replace: 'return asBefore === true && !sawWork && unchangedSeconds === -1',
      },
    ],
    kind: { scenes: ['work shows late'], favoured: 'dcs.instance.restart' },
  },
  {
    name: 'work that was seen has ended where the state before it is read twice',
    rewrites: [
      {
        file: 'lib/runs/track/conclude.ts',
        find: 'probe.consecutive + (isInDoubt ? 1 : 0)',
        replace: 'probe.consecutive + (isInDoubt ? 0 : 0)',
      },
    ],
    kind: { theme: 'cloud', harm: 1, favoured: 'dcs.instance.restart' },
  },
  {
    name: 'a cluster that is idle is believed though its processes were as wanted before',
    rewrites: [
      {
        file: 'lib/services/emr/probes.ts',
        find: 'return mayHaveBeen ? { ...done, asBefore: true } : done',
        replace: 'return done',
      },
    ],
    kind: { theme: 'cloud', harm: 1, favoured: 'emr.service.start' },
  },
  {
    name: 'each step sends its message twice',
    rewrites: [
      {
        file: 'lib/runs/transition.ts',
        find: 'if (next) await enqueue(ports, next, afterMs / 1000)',
        replace: 'if (next) for (const one of [next, next]) await enqueue(ports, one, afterMs / 1000)',
      },
    ],
    kind: { theme: 'nothing', home: 'aws' },
  },
]
