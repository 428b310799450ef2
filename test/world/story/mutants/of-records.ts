import { CROWDED } from '../contention.ts'
import type { Mutant } from '../mutant.ts'

const ON_AWS = { home: 'aws' } as const

/** Guards of what is stored: conditional writes, leases and their lines, who joins whom. */
export const OF_RECORDS: readonly Mutant[] = [
  {
    name: 'a change of a run is not conditional on its version',
    rewrites: [
      {
        file: 'lib/aws/store/runs.ts',
        find: "save: (run) => write(run, 'version = :before', { ':before': run.version - 1 })",
        replace: "save: (run) => write(run, 'attribute_exists(id)')",
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'accepting is not conditional on a free id',
    rewrites: [
      {
        file: 'lib/aws/store/runs.ts',
        find: "create: async (run) => ((await write(run, 'attribute_not_exists(id)'))",
        replace: "create: async (run) => ((await write(run, 'attribute_not_exists(id) OR attribute_exists(id)'))",
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'a change of a lease is not conditional on its version',
    rewrites: [
      {
        file: 'lib/aws/store/leases.ts',
        find: "put(leaseItem(lease), 'version = :before', { ':before': lease.version - 1 })",
        replace: "put(leaseItem(lease), 'attribute_exists(id)')",
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'the first taking of a lease is not conditional',
    rewrites: [
      {
        file: 'lib/aws/store/leases.ts',
        find: "? put(leaseItem(lease), 'attribute_not_exists(version)')",
        replace: "? put(leaseItem(lease), 'attribute_not_exists(version) OR attribute_exists(id)')",
      },
    ],
    kind: { ...ON_AWS, scenes: ['rush'] },
  },
  {
    name: 'a refused write is never known as our own',
    rewrites: [
      {
        file: 'lib/aws/store/table.ts',
        find: 'return (await read(item.id))?.writeId === writeId',
        replace: 'return false',
      },
    ],
    kind: { ...ON_AWS, harm: 1 },
  },
  {
    name: 'a refused write is always taken for our own',
    rewrites: [
      {
        file: 'lib/aws/store/table.ts',
        find: 'return (await read(item.id))?.writeId === writeId',
        replace: 'return true',
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'a read of a record may be an old one',
    rewrites: [
      {
        file: 'lib/aws/store/table.ts',
        find: 'Key: { id }, ConsistentRead: true',
        replace: 'Key: { id }',
      },
    ],
    kind: ON_AWS,
  },
  {
    name: 'a sweep reads fifteen of sixteen shards',
    rewrites: [{ file: 'lib/aws/store/due.ts', find: 'shardsOf(of).map', replace: 'shardsOf(of).slice(1).map' }],
    kind: ON_AWS,
  },
  {
    name: 'a run is written before what lies beside it',
    rewrites: [
      {
        file: 'lib/aws/store/runs.ts',
        find: 'await writeParts(run, parts)\n    return put(item, condition, values)',
        replace: 'const isIn = await put(item, condition, values)\n    await writeParts(run, parts)\n    return isIn',
      },
    ],
    kind: { ...ON_AWS, harm: 1 },
  },
  {
    name: 'a lease is taken whoever has it',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'if (holder && by && !isReleased(by, lease, ports.clock())) return { holder, until, by, lease }',
        replace: '',
      },
    ],
  },
  {
    name: 'a lease passes though the work may go on',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'if (Date.parse(lease.until) <= nowMs) return true\n  if (hasEnded(by)) return !mayStillArrive(by, nowMs)',
        replace: 'return true',
      },
    ],
    kind: { scenes: ['line after doubt', 'request arrives late'], harm: 1 },
  },
  {
    name: 'what is found without an answer is taken for the call itself',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'if (hasEnded(by)) return !mayStillArrive(by, nowMs)',
        replace: 'if (hasEnded(by)) return true',
      },
    ],
    kind: { theme: 'cloud', harm: 1, scenes: ['request arrives late', 'rush'] },
  },
  {
    name: 'a record drops what another release wrote',
    rewrites: [{ file: 'lib/runs/record.ts', find: 'z.looseObject(shape)', replace: 'z.object(shape)' }],
  },
  {
    name: 'a holder whose record has expired keeps its resource',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'if (holder && by && !isReleased(by, lease, ports.clock())) return { holder, until, by, lease }',
        replace:
          'if (holder && !(by && isReleased(by, lease, ports.clock()))) return { holder, until, by: by ?? run, lease }',
      },
    ],
  },
  {
    name: 'a lease is never passed on by time or evidence',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'if (Date.parse(lease.until) <= nowMs) return true',
        replace: '',
      },
      {
        file: 'lib/runs/lease/lease.ts',
        find: '  const rest = restOf(lease, nowMs)\n  if (!rest ||',
        replace: '  const rest = undefined as Lease["rest"]\n  if (!rest ||',
      },
    ],
    kind: { scenes: ['line after doubt', 'request arrives late'], harm: 1 },
  },
  {
    name: 'a lease passes by though others wait for it longer',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'for (const id of lease.waiting) {',
        replace: 'for (const id of lease.waiting.slice(0, 0)) {',
      },
    ],
  },
  {
    name: 'who joins another is sent by itself',
    rewrites: [
      {
        file: 'lib/runs/submit/collide.ts',
        find: 'if (same) return attach(ports, run, same)',
        replace: 'if (same) return',
      },
    ],
    kind: { scenes: ['rush'], favoured: 'dcs.instance.restart' },
  },
  {
    name: 'whoever takes the lease empties the line',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'const waiting = lease.waiting.filter((id) => id !== run.id)',
        replace: 'const waiting = lease.waiting.slice(0, 0)',
      },
    ],
    kind: CROWDED,
  },
  {
    name: 'the line is in the order of arrival',
    rewrites: [
      {
        file: 'lib/runs/lease/lease.ts',
        find: 'const order = [...waiting, run].sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))',
        replace: 'const order = [...waiting, run]',
      },
    ],
    kind: CROWDED,
  },
  {
    name: 'a resource forgets who had it',
    rewrites: [
      {
        file: 'lib/runs/lease/past.ts',
        find: 'return [...history.filter(isRecent), ...past].slice(-MAX_REMEMBERED)',
        replace: 'return [...history.filter(isRecent), ...past].slice(0, 0)',
      },
    ],
    kind: { scenes: ['echoes'] },
  },
  {
    name: 'who is to be skipped goes on when the other has ended',
    rewrites: [
      {
        file: 'lib/runs/lease/past.ts',
        find: "run.collision === 'skip' ? others",
        replace: "run.collision === 'queue' ? others",
      },
    ],
    kind: { scenes: ['echoes'], harm: 1 },
  },
  {
    name: 'the same request is known by its spelling only',
    rewrites: [
      {
        file: 'lib/runs/same-request.ts',
        find: 'return operation.resource(first.target) === operation.resource(second.target) && identity(first) === identity(second)',
        replace:
          'return JSON.stringify([first.target, first.params]) === JSON.stringify([second.target, second.params])',
      },
    ],
    kind: { scenes: ['spellings'] },
  },
]
