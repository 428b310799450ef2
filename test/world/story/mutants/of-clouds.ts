import type { Mutant } from '../mutant.ts'

const OF_CLOUDS_ONLY = { theme: 'cloud' } as const

/** Guards against what clouds show: of states, of lists, of times. */
export const OF_CLOUDS: readonly Mutant[] = [
  {
    name: 'a state of work counts as the end of it',
    rewrites: [{ file: 'lib/services/dcs/states.ts', find: "work: 'pending',", replace: "work: 'done'," }],
    kind: OF_CLOUDS_ONLY,
  },
  {
    name: 'a cluster that executes a command counts as idle',
    rewrites: [
      {
        file: 'lib/services/emr/states.ts',
        find: "8: ['RESTARTING SERVICE', 'pending']",
        replace: "8: ['RESTARTING SERVICE', 'done']",
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, favoured: 'emr.service.restart' },
  },
  {
    name: 'roles of clients must be started and stopped',
    rewrites: [
      {
        file: 'lib/services/emr/processes.ts',
        find: 'const able = named.filter(isAble)',
        replace: 'const able = named',
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, favoured: 'emr.service.restart' },
  },
  {
    name: 'a restart time that cannot be read is none',
    rewrites: [
      {
        file: 'lib/services/emr/restart-time.ts',
        find: "if (is === undefined) return 'unreadable'",
        replace: "if (is === undefined) return 'no'",
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, favoured: 'emr.service.restart' },
  },
  {
    name: 'after a restart every node must be active',
    rewrites: [
      {
        file: 'lib/services/dcs/probes/nodes.ts',
        find: 'some((one) => one.id === node.logical_node_id && !isActive(one)),',
        replace: 'some((one) => one.id === node.logical_node_id && !isActive(one) && one.id === undefined),',
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, favoured: 'dcs.instance.restart' },
  },
  {
    name: 'a status of before that no table has is told from the one of after',
    rewrites: [
      {
        file: 'lib/services/dcs/probes/instance.ts',
        find: "meant !== undefined && meant !== 'broken'",
        replace: 'before !== undefined',
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, harm: 1, favoured: 'dcs.instance.restart' },
  },
  {
    name: 'masters are swapped though no replica is Active',
    rewrites: [
      {
        file: 'lib/services/dcs/preconditions.ts',
        find: "return status?.trim().toUpperCase() === 'ACTIVE'",
        replace: 'return status !== undefined',
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, harm: 1, favoured: 'dcs.instance.swap' },
  },
  {
    name: 'a run is sent whether or not its preconditions hold',
    rewrites: [
      {
        file: 'lib/runs/submit/submit.ts',
        find: 'if (notMet) return void (await postponeOrFail(ports, subject, notMet))',
        replace: '',
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, harm: 1, favoured: 'dcs.instance.swap' },
  },
  {
    name: 'a precondition that cannot be read holds',
    rewrites: [
      {
        file: 'lib/runs/preconditions.ts',
        find: "const says = mayPass(found.facts) ? 'wait' : 'refuse'",
        replace: "const says = 'allow' as const",
      },
      {
        file: 'lib/services/dcs/operations/masters.ts',
        find: 'baseline: (read, target) => whereSupported(readMasters(read, target)),',
        replace: 'baseline: (read, target) => whereSupported(readMasters(read, target)).catch(() => undefined),',
      },
    ],
    kind: { ...OF_CLOUDS_ONLY, harm: 1, favoured: 'dcs.instance.swap' },
  },
]
