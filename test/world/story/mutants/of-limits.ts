import type { Mutant } from '../mutant.ts'

/** Guards of how often alarms may run, and of what is known of what came in. */
export const OF_LIMITS: readonly Mutant[] = [
  {
    name: 'a full group is not full',
    rewrites: [
      { file: 'lib/runs/guards/groups.ts', find: 'isFull: used >= max', replace: 'isFull: used >= max * 1000' },
    ],
    kind: { scenes: ['storm'] },
  },
  {
    name: 'a run that is about to be sent has no slot yet',
    rewrites: [
      {
        file: 'lib/runs/guards/groups.ts',
        find: 'return !givesWay(run)',
        replace: "return run.state !== 'queued'",
      },
    ],
    kind: { scenes: ['storm'] },
  },
  {
    name: 'alarms begin no storm',
    rewrites: [
      {
        file: 'lib/runs/guards/storm.ts',
        find: 'const last = asking.at(-(resources + 1))',
        replace: 'const last = asking.at(-(resources + 1000))',
      },
    ],
    kind: { scenes: ['storm'] },
  },
  {
    name: 'nobody is told of a storm',
    rewrites: [{ file: 'lib/runs/guards/storm.ts', find: 'announce: [...ended, ...began]', replace: 'announce: []' }],
    kind: { scenes: ['storm'] },
  },
  {
    name: 'runs of alarms are not counted',
    rewrites: [
      { file: 'lib/runs/lease/limits.ts', find: 'return [...kept, { id,', replace: 'return [...kept] || [{ id,' },
    ],
    kind: { scenes: ['flapping'] },
  },
  {
    name: 'a limit holds only where it is decided, not where the resource is taken',
    rewrites: [{ file: 'lib/runs/lease/lease.ts', find: 'if (closed) return { instead: closed }', replace: '' }],
    kind: { scenes: ['flapping', 'rush'], favoured: 'dcs.instance.restart' },
  },
  {
    name: 'there is no cooldown',
    rewrites: [
      {
        file: 'lib/runs/lease/limits.ts',
        find: 'const cools = cooldownMs > 0',
        replace: 'const cools = false',
      },
    ],
    kind: { scenes: ['flapping'] },
  },
  {
    name: 'the policy is not asked of alarms',
    rewrites: [
      {
        file: 'lib/rules/match-under-policy.ts',
        find: 'if (error instanceof NotAllowedError) return { match, denial: error.message }',
        replace: 'if (error instanceof NotAllowedError) return { match }',
      },
    ],
  },
  {
    name: 'budgets are not counted',
    rewrites: [{ file: 'lib/runs/lease/tallies.ts', find: '...(budget ?', replace: '...(budget && !budget ?' }],
    kind: { favoured: 'dcs.instance.swap' },
  },
  {
    name: 'a budget holds only where it is decided, not where the resource is taken',
    rewrites: [
      { file: 'lib/runs/lease/limits.ts', find: 'if (blocked) return blocked', replace: 'if (blocked) continue' },
    ],
    kind: { favoured: 'dcs.instance.swap' },
  },
  {
    name: 'windows are half as long',
    rewrites: [
      {
        file: 'lib/runs/lease/limits.ts',
        find: 'return attempts.filter(({ at }) => Date.parse(at) > nowMs - windowMs)',
        replace: 'return attempts.filter(({ at }) => Date.parse(at) > nowMs - windowMs / 2)',
      },
    ],
    kind: { scenes: ['flapping'] },
  },
  {
    name: 'what a success has answered is answered again',
    rewrites: [
      {
        file: 'lib/rules/decide.ts',
        find: 'if (run) return answeredRejection(ports, resource, { run, settleMs: began.settleMs })',
        replace: '',
      },
    ],
  },
  {
    name: 'nobody is told of a used up limit',
    rewrites: [
      {
        file: 'lib/runs/lease/used-up.ts',
        find: '  const reason = usedUpText(one)\n',
        replace: '  if (ports) return\n  const reason = usedUpText(one)\n',
      },
    ],
    kind: { scenes: ['flapping'], theme: 'cloud' },
  },
  {
    name: 'a used up limit is told each time',
    rewrites: [
      {
        file: 'lib/runs/lease/used-up.ts',
        find: "if (notice && !notice.toldAt && isTaken) return { instead: 'notified' }",
        replace: '',
      },
    ],
    kind: { scenes: ['flapping'], theme: 'cloud' },
  },
  {
    name: 'what came in is not written down',
    rewrites: [{ file: 'lib/sources/receive.ts', find: 'await ports.store.keepDelivery(record)', replace: '' }],
  },
  {
    name: 'an instance is asked whatever its state is',
    rewrites: [{ file: 'lib/services/dcs/states.ts', find: "work: 'wait',", replace: "work: 'ready'," }],
    kind: { theme: 'cloud', harm: 1, scenes: ['request arrives late', 'rush'] },
  },
]
