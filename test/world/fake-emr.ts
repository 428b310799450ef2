import type { Call } from '../../lib/cloud/call.ts'
import { CloudError, type CloudErrorFacts } from '../../lib/cloud/errors.ts'
import type { Read } from '../../lib/services/tracking.ts'

export interface FakeProcess {
  service: string
  component: string
  ip: string
  started: boolean
  inMaintenance: boolean
  /** `LastRestartTime`. */
  restarted: string | null
  /** `IsSupportRoleMonitor`. */
  monitored: boolean | null
  /** A role of clients, with nothing that runs: it is neither started nor stopped. */
  isClient?: boolean
}

export interface FakeEmr {
  call: Call
  /** For what needs nothing but reads: no place, no deadline. */
  read: Read
  processes: FakeProcess[]
  /** What the one cluster shows at rest. */
  status: number
  /** Until then something else than our operations has it in this state. */
  odd: { status: number; until: number }
  /** Of the cluster; any other is not there. */
  clusterId: string
  /** Everything that was asked, as it would go on the wire, in order. */
  asked: { api: string; body: Record<string, unknown> }[]
  /** The bodies of what was taken on. */
  taken: Record<string, unknown>[]
  offset: 'page' | 'row'
  /** Entries of the log of operations; undefined where the site has none. */
  log: { Operation: string; CreateTime: string }[] | undefined
  /** Milliseconds of each work. */
  workMs: () => number
  /** How late the next work shows on the cluster (ms). Asked once a work, after its length. */
  lateMs: () => number
  /** Asked at every call: what goes wrong with it; `took` = the change was made all the same. */
  fault: (operation: string) => (Pick<CloudErrorFacts, 'kind' | 'change'> & { took?: boolean }) | undefined
  /** Whether the work changes this process. */
  works: (process: FakeProcess) => boolean
}

interface Scope {
  OpType: string
  OpScope: {
    ServiceInfoList: {
      ServiceName: string
      ComponentInfoList: { ComponentName: string; IpList: string[] }[]
    }[]
  }
}

const SHOWS: Record<string, number> = {
  StartService: 12,
  StopService: 10,
  RestartService: 8,
  StartMonitor: 11,
  StopMonitor: 9,
}

const LOGGED: Record<string, string> = {
  StartService: '启动服务',
  StopService: '暂停服务',
  RestartService: '重启服务',
  StartMonitor: '退出维护',
  StopMonitor: '进入维护',
}

const RESTARTED_BEFORE = '2025-12-31 08:00:00'
const RESTARTED_NOW = '2026-01-01 08:00:00'

const EFFECT: Record<string, Partial<FakeProcess>> = {
  StartService: { started: true },
  StopService: { started: false },
  RestartService: { started: true, restarted: RESTARTED_NOW },
  StartMonitor: { inMaintenance: false },
  StopMonitor: { inMaintenance: true },
}

export const CLUSTER = 'emr-4zvc5mul'

/** A process that runs. */
export function process(service: string, component: string, ip: string, more: Partial<FakeProcess> = {}): FakeProcess {
  const running = { started: true, inMaintenance: false, restarted: RESTARTED_BEFORE, monitored: true }
  return { service, component, ip, ...running, ...more }
}

/**
 * One EMR cluster at the level of operations, without sockets: what the call port promises, driven by a clock that tests
 * move. Bodies are read as they would go on the wire.
 * @param writes told of every change: cluster and operation
 */
export function createFakeEmr(nowMs: () => number, writes: { instanceId: string; operation: string }[] = []): FakeEmr {
  let work: { until: number; shows: number; showsAt: number; end: () => void } | undefined
  const settle = (): void => {
    if (!work || nowMs() < work.until) return
    work.end()
    work = undefined
  }

  const take = (operation: string, body: Record<string, unknown>): void => {
    writes.push({ instanceId: fake.clusterId, operation })
    begin(body)
  }

  const begin = (body: Record<string, unknown>): void => {
    const { OpType, OpScope } = body as unknown as Scope // as our own builder makes it
    const scope = OpScope.ServiceInfoList.flatMap(({ ServiceName, ComponentInfoList }) =>
      ComponentInfoList.flatMap(({ ComponentName, IpList }) =>
        IpList.map((ip) => `${ServiceName}/${ComponentName}@${ip}`),
      ),
    )
    const end = (): void => {
      const concerned = fake.processes.filter((one) => scope.includes(`${one.service}/${one.component}@${one.ip}`))
      for (const one of concerned.filter(fake.works)) Object.assign(one, EFFECT[OpType])
    }
    fake.taken.push(body)
    const CreateTime = new Date(nowMs() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
    fake.log?.push({ Operation: LOGGED[OpType] ?? OpType, CreateTime })
    const until = nowMs() + fake.workMs()
    work = { until, shows: SHOWS[OpType] ?? 7, showsAt: nowMs() + fake.lateMs(), end }
  }

  const atRest = (): number => (!work && nowMs() < fake.odd.until ? fake.odd.status : fake.status)

  const answer = (api: string, body: Record<string, unknown>): unknown => {
    if (api === 'DescribeInstances') {
      const there = (body.InstanceIds as string[] | undefined)?.includes(fake.clusterId) ?? true
      const Status = work && nowMs() >= work.showsAt ? work.shows : atRest()
      return { TotalCnt: there ? 1 : 0, ClusterList: there ? [{ ClusterId: fake.clusterId, Status, Id: 1 }] : null }
    }
    if (api === 'DescribeInstanceOplog') return { LogList: fake.log }
    const { ServiceName, Offset, Limit, OperatorStateId, MaintainStateId } = body as Record<string, number | string>
    const wanted = fake.processes.filter(
      (one) =>
        one.service === ServiceName &&
        [undefined, one.isClient ? 0 : one.started ? 1 : 2].includes(OperatorStateId as number | undefined) &&
        [undefined, one.inMaintenance ? 2 : 1].includes(MaintainStateId as number | undefined),
    )
    const from = Number(Offset) * (fake.offset === 'page' ? Number(Limit) : 1)
    return { TotalCnt: wanted.length, ServiceNodeList: wanted.slice(from, from + Number(Limit)).map(viewOf) }
  }

  const fake: FakeEmr = {
    processes: [],
    status: 2,
    odd: { status: 2, until: 0 },
    clusterId: CLUSTER,
    asked: [],
    taken: [],
    offset: 'page',
    log: undefined,
    workMs: () => 20_000,
    lateMs: () => 0,
    fault: () => undefined,
    works: () => true,
    read: (operation, input) => fake.call(operation, input, { region: 'ap-guangzhou', deadlineAtMs: 0 }),
    call: async (operation, input) => {
      const { name, api, effect } = operation
      const body = operation.request(operation.input.parse(input)).body as Record<string, unknown> // of EMR always
      fake.asked.push({ api, body })
      settle()
      const fault = fake.fault(name)
      if (fault?.took && effect !== 'read') take(name, body)
      if (fault) throw new CloudError({ operation: name, what: 'as the test wants it', ...fault })
      if (api === 'DescribeInstanceOplog' && !fake.log) throw unknownAction(name)
      if (effect === 'read') return operation.output.parse(answer(api, body))
      if (work || atRest() !== 2) throw busy(name)
      take(name, body)
      return operation.output.parse({ RequestId: `request-${fake.taken.length}` })
    },
  }
  return fake
}

function viewOf({ component, ip, restarted, monitored }: FakeProcess): object {
  // What the integers mean is not documented: they never change.
  const status = { Status: 1, ServiceStatus: 1, MonitorStatus: 1 }
  return { NodeName: component, Ip: ip, LastRestartTime: restarted, IsSupportRoleMonitor: monitored, ...status }
}

function unknownAction(operation: string): CloudError {
  return new CloudError({ operation, kind: 'invalid', change: 'none', code: 'InvalidAction', what: 'no such action' })
}

function busy(operation: string): CloudError {
  const code = 'ResourceInUse.InstanceInProcess'
  return new CloudError({ operation, kind: 'busy', change: 'none', code, what: 'the cluster is at work' })
}
