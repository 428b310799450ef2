import { seedDcsState as seededDcs } from '../../../lib/simulators/dcs/seeds.ts'
import { recordDcsRequest as recordDcs } from '../../../lib/simulators/dcs/state.ts'
import { seedEmrState as seededEmr } from '../../../lib/simulators/emr/seeds.ts'
import { recordEmrRequest as recordEmr } from '../../../lib/simulators/emr/state.ts'
import type { Dose } from '../../../lib/simulators/server/faults.ts'
import { ORDERS, startDcs } from '../dcs/client.ts'
import { LAB, order, startEmr } from '../emr/client.ts'
import { endingBy } from './ending.ts'

/** Name of a fault, how a write under it ends, and whether it is carried out. */
export type FaultRow = [name: string, end: unknown, isCarriedOut: boolean]

interface SideOptions {
  stateFile?: string
  quirks?: Record<string, Dose>
}

const DCS = {
  /** A read, and a write that is refused while an earlier one is at work. */
  start: async (options: SideOptions = {}) => {
    const { dcs, send, advance } = await startDcs(options)
    return {
      simulator: dcs,
      advance,
      read: (signal?: AbortSignal) => send('GET', '/tasks', { signal }),
      write: (signal?: AbortSignal) => send('PUT', `/instances/${ORDERS}/async-swap`, { signal }),
    }
  },
  endOf: endingBy((body) => (body as { error_code?: string }).error_code ?? 'fine'),
  busy: [400, 'DCS.4017'],
  serverError: [500, 'DCS.5000'],
  redirectTo: 'https://elsewhere.invalid/',
  /** The faults of this cloud alone. */
  faults: [
    ['throttle', [429, 'APIGW.0308'], false],
    ['redirect', [302, 'not JSON'], false],
    ['busyWrites', [400, 'DCS.4026'], false],
    ['serverErrorBefore', [500, 'DCS.5000'], false],
    ['serverErrorAfter', [500, 'DCS.5000'], true],
    ['gatewayTimeoutBefore', [504, 'APIGW.0201'], false],
    ['gatewayTimeoutAfter', [504, 'APIGW.0201'], true],
    ['errorBody', [200, 'DCS.5000'], false],
  ] satisfies FaultRow[],
  log: () => {
    const state = seededDcs([], 0)
    const work = { kind: 'flush' as const, instanceId: ORDERS, nodeIds: [], acceptedAt: 0, startAt: 0, endAt: 0 }
    return {
      state,
      record: (at: number) => recordDcs(state, { at, method: 'GET', path: '/', status: 200 }),
      work: (id: string, settled: boolean) => state.works.push({ ...work, id, outcome: 'success', settled }),
    }
  },
}

const EMR = {
  start: async (options: SideOptions = {}) => {
    const { emr, send, advance } = await startEmr(options)
    return {
      simulator: emr,
      advance,
      read: (signal?: AbortSignal) => send('DescribeInstances', { DisplayStrategy: 'clusterList' }, { signal }),
      write: (signal?: AbortSignal) =>
        send('StartStopServiceOrMonitor', order('RestartService', LAB, ['HDFS']), { signal }),
    }
  },
  endOf: endingBy((body) => {
    const { Response } = body as { Response?: { Error?: { Code: string } } }
    return Response ? (Response.Error?.Code ?? 'fine') : 'no Response'
  }),
  busy: [200, 'ResourceInUse.InstanceInProcess'],
  serverError: [200, 'InternalError.WoodServerError'],
  redirectTo: '/moved',
  faults: [
    ['throttle', [200, 'RequestLimitExceeded'], false],
    ['serverErrorBefore', [200, 'InternalError.WoodServerError'], false],
    ['serverErrorAfter', [200, 'InternalError.WoodServerError'], true],
    ['redirect', [302, 'empty'], false],
    ['noResponse', [200, 'no Response'], true],
  ] satisfies FaultRow[],
  log: () => {
    const state = seededEmr([], 0)
    const work = { op: 'StopService' as const, clusterId: LAB, acceptedAt: 0, busyAt: 0, shows: 10, steps: [] }
    return {
      state,
      record: (at: number) => recordEmr(state, { at, method: 'POST', action: 'DescribeInstances', status: 200 }),
      work: (id: string, settled: boolean) => state.works.push({ ...work, id, settled }),
    }
  },
}

/** Both clouds, for the tests of their common behaviour. */
export const SIDES = [
  ['DCS', DCS],
  ['EMR', EMR],
] as const
