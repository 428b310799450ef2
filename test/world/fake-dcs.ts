import type { Call } from '../../lib/cloud/call.ts'
import { CloudError, type CloudErrorFacts } from '../../lib/cloud/errors.ts'
import { type NodeList, type OddInstance, USUAL_INSTANCE } from './engine/oddities.ts'

type Failure = Pick<CloudErrorFacts, 'kind' | 'change'> & Partial<CloudErrorFacts>

/** How a call goes wrong; `took` = the change was made all the same. */
export type Fault = Failure & { took?: boolean }

interface Instance {
  status: string
  stoppedStatus: string
  master: string
  nodes: 'Active' | 'Inactive'
  work?: { until: number; end: () => void; failed?: boolean }
  /** Until then it shows this status, whatever it has. */
  late?: { status: string; until: number }
  /** Until then something else than our operations has it in this state: it takes none of them. */
  odd?: { status: string; until: number }
  /** From the end of work that changed the master, until then, its replica is not in sync (epoch ms). */
  syncs?: { from: number; until: number }
  /** In the order in which they were made; times in epoch ms. */
  backups: Backup[]
}

interface Backup {
  status: string
  remark: string
  begunAt?: number
  at: number
}

export interface InstanceList {
  instance_num: number
  instances: { instance_id: string; status: string }[]
}

export interface FakeDcs {
  call: Call
  /** Writes that took effect: instance id and operation, in order. */
  writes: { instanceId: string; operation: string }[]
  /** Backups that were begun: instance ids, in order. */
  backedUp: string[]
  /** How many calls of each operation arrived, good or bad; one for many instances counts once. */
  calls: Map<string, number>
  instance(id: string): Instance
  /** Asked at every call, of its instances in turn until one says so: what goes wrong with it. */
  fault: (operation: string, instanceId: string) => Fault | undefined
  /** Whether work that is not documented as listed shows among the tasks. A swap always does. */
  listsTasks: boolean
  /** Milliseconds of each work. */
  workMs: () => number
  /** Whether the next work ends badly. */
  workFails: () => boolean
  /** How the next work shows. Asked once a work, after its length. */
  workShows: () => Showing
  /** For how long a replica is not in sync after the next work that changes the master (ms). Asked once a work, after how it shows. */
  syncMs: () => number
  /** What a list of instances shows, as it may lag. */
  list: (truth: InstanceList) => InstanceList
  /** In what an instance is not as most are. */
  oddity: (id: string) => OddInstance
}

/** How late work shows (ms), on the instance and in the lists of tasks; and whether these list it at all, where that is not left to `listsTasks`. */
export interface Showing {
  statusMs: number
  taskMs: number
  isListed: boolean | undefined
}

interface Task {
  instanceId: string
  operation: string
  jobId: string
  at: number
  until: number
  failed: boolean
  listedAt: number
  isListed: boolean | undefined
}

/** What tasks are called. Only the first is documented. */
const TASK_NAME: Record<string, string> = {
  'dcs.instance.swap': 'masterStandbySwapJob',
  'dcs.shard.failover': 'masterStandbySwapJob',
  'dcs.node.start': 'startDCSNode',
  'dcs.node.stop': 'stopDCSNode',
  'dcs.instance.restart': 'restartDCSInstance',
  'dcs.instance.soft-restart': 'softRestartDCSInstance',
  'dcs.instance.flush': 'flushDCSInstance',
  'dcs.instance.stop': 'closeDCSInstance',
  'dcs.instance.start': 'startDCSInstance',
  'dcs.backup.create': 'backupDCSInstance',
}

/** Work after which a replica takes the data of its master anew. */
const SYNCS: ReadonlySet<string> = new Set(['dcs.instance.swap', 'dcs.shard.failover', 'dcs.instance.restart'])

const BUSY_STATUS: Record<string, string> = {
  'dcs.instance.restart': 'RESTARTING',
  'dcs.instance.soft-restart': 'RESTARTING',
  'dcs.instance.flush': 'FLUSHING',
  'dcs.instance.stop': 'CLOSING',
  'dcs.instance.start': 'STARTING',
}

/** DCS at the level of operations, without sockets: what the call port promises, driven by a clock that tests move. */
export function createFakeDcs(nowMs: () => number): FakeDcs {
  const instances = new Map<string, Instance>()
  /** By job. Work whose answer names no job has one, too. */
  const tasks = new Map<string, Task>()

  const instance = (id: string): Instance => {
    const fresh = {
      status: 'RUNNING',
      stoppedStatus: 'CLOSED',
      master: 'node-1',
      nodes: 'Active' as const,
      backups: [],
    }
    const known: Instance = instances.get(id) ?? fresh
    instances.set(id, known)
    if (known.work && nowMs() >= known.work.until) {
      const { end } = known.work
      delete known.work
      end()
    }
    return known
  }

  const backUp = (id: string, remark: string): unknown => {
    const it = instance(id)
    const failed = fake.workFails()
    const backup = { status: 'backuping', remark, begunAt: nowMs(), at: nowMs() }
    fake.backedUp.push(id)
    it.backups.push(backup)
    const end = () => Object.assign(backup, { status: failed ? 'failed' : 'succeed', at: nowMs() })
    const until = nowMs() + fake.workMs()
    it.work = { until, end }
    const jobId = `backup-${String(fake.backedUp.length).padStart(8, '0')}`
    const { taskMs, isListed } = fake.workShows()
    const task = { instanceId: id, operation: 'dcs.backup.create', jobId, at: nowMs(), until, failed }
    tasks.set(jobId, { ...task, listedAt: nowMs() + taskMs, isListed })
    return { backup_id: `backup-${fake.backedUp.length}` }
  }

  const begin = (operation: string, fields: Record<string, string>): unknown => {
    const id = fields.instanceId ?? ''
    if (operation === 'dcs.backup.create') return backUp(id, fields.remark ?? '')
    const it = instance(id)
    fake.writes.push({ instanceId: id, operation })
    const until = nowMs() + fake.workMs()
    const failed = fake.workFails()
    const jobId = `job-${String(fake.writes.length).padStart(8, '0')}`
    const { statusMs, taskMs, isListed } = fake.workShows()
    const listedAt = nowMs() + taskMs
    tasks.set(jobId, { instanceId: id, operation, jobId, at: nowMs(), until, failed, listedAt, isListed })
    if (SYNCS.has(operation)) it.syncs = { from: until, until: until + fake.syncMs() }
    const busy = BUSY_STATUS[operation]
    if (busy) {
      it.late = { status: shownOf(it), until: nowMs() + statusMs }
      it.status = busy
      const after = operation === 'dcs.instance.stop' ? it.stoppedStatus : 'RUNNING'
      // Nodes that were stopped run again with their instance.
      const nodes = operation === 'dcs.instance.start' && !failed ? { nodes: 'Active' } : {}
      it.work = { until, end: () => Object.assign(it, { status: failed ? 'ERROR' : after, ...nodes }) }
      return { results: [{ instance: id, result: 'success' }] }
    }
    const change = {
      'dcs.instance.swap': { master: it.master === 'node-2' ? 'node-1' : 'node-2' },
      'dcs.shard.failover': { master: fields.nodeId },
      'dcs.node.stop': { nodes: 'Inactive' },
    }[operation]
    it.work = { until, end: () => failed || Object.assign(it, change ?? { nodes: 'Active' }) }
    return { job_id: jobId }
  }

  /** Many instances in one call: one that is busy is no matter to the others. */
  const beginTogether = (operation: string, ids: string[]): unknown => {
    const resultOf = (instanceId: string): string => {
      if (instance(instanceId).work || oddOf(instance(instanceId))) return 'failed'
      begin(operation, { instanceId })
      return 'success'
    }
    return { results: ids.map((id) => ({ instance: id, result: resultOf(id) })) }
  }

  const listTasks = (sinceMs: number, instanceId?: string): unknown => {
    const listed = [...tasks.values()].filter(
      (task) =>
        task.at >= sinceMs &&
        task.listedAt <= nowMs() &&
        (task.isListed ?? (fake.listsTasks || task.operation === 'dcs.instance.swap')) &&
        (instanceId ?? task.instanceId) === task.instanceId,
    )
    return { task_count: String(listed.length), tasks: listed.toReversed().map(viewOf) }
  }

  const listInstances = ({ status, offset, limit }: Record<string, string>): unknown => {
    const wanted = [...instances.keys()]
      .map((id) => ({ instance_id: id, status: shownOf(instance(id)) }))
      .filter((one) => (status ?? one.status) === one.status)
    const page = wanted.slice(Number(offset), Number(offset) + Number(limit))
    return fake.list({ instance_num: wanted.length, instances: page })
  }

  const oddOf = ({ odd, work }: Instance): string | undefined =>
    odd && !work && nowMs() < odd.until ? odd.status : undefined

  const shownOf = (one: Instance): string =>
    oddOf(one) ?? (one.late && nowMs() < one.late.until ? one.late.status : one.status)

  const statusOf = ({ until, failed }: Task, [atWork, done, broken] = USUAL_INSTANCE.taskWords): string =>
    nowMs() < until ? atWork : failed ? broken : done

  const viewOf = (task: Task): object => ({
    id: `task-of-${task.jobId}`,
    name: TASK_NAME[task.operation],
    status: statusOf(task, fake.oddity(task.instanceId).taskWords),
    params: JSON.stringify({ instance_id: task.instanceId }),
    job_id: task.jobId,
    created_at: new Date(task.at).toISOString(),
  })

  const answer = (operation: string, input: Record<string, string>): unknown => {
    if (operation === 'dcs.instance.list') return listInstances(input)
    if (operation === 'dcs.task.list') return listTasks(Number(input.sinceMs))
    const id = input.instanceId ?? ''
    if (operation === 'dcs.instance.task.list') return listTasks(Number(input.sinceMs), id)
    const known = instance(id)
    if (operation === 'dcs.instance.show') return { status: shownOf(known), task: null }
    if (operation === 'dcs.node.list') {
      return { nodes: nodesOf(known, fake.oddity(id).nodes) }
    }
    if (operation === 'dcs.group.list') {
      return { group_list: [{ group_id: 'g', replication_list: replicationOf(known, nowMs()) }] }
    }
    if (operation === 'dcs.backup.list') {
      const listed = known.backups.filter(({ at }) => at >= Number(input.sinceMs)).toReversed()
      const { timeOf } = fake.oddity(id)
      const view = ({ status, remark, begunAt, at }: Backup): object => ({
        ...{ status, remark, progress: '0.00', error_code: {} },
        ...(begunAt === undefined ? {} : { created_at: timeOf(begunAt) }),
        updated_at: timeOf(at),
      })
      return listed.length > 0 ? { backup_record_response: listed.map(view) } : {}
    }
    const job = tasks.get(input.jobId ?? '')
    if (!job) throw refusal(operation, { kind: 'invalid', change: 'none', code: 'DCS.4070' })
    return { status: statusOf(job), fail_reason: job.failed ? 'disk' : null }
  }

  const faultOf = (operation: string, [id = '', ...others]: string[]): Fault | undefined =>
    fake.fault(operation, id) ?? (others.length > 0 ? faultOf(operation, others) : undefined)

  const fake: FakeDcs = {
    writes: [],
    backedUp: [],
    calls: new Map(),
    instance,
    fault: () => undefined,
    workMs: () => 20_000,
    workFails: () => false,
    workShows: () => ({ statusMs: 0, taskMs: 0, isListed: undefined }),
    syncMs: () => 0,
    list: (truth) => truth,
    oddity: () => USUAL_INSTANCE,
    listsTasks: false,
    call: async (operation, input) => {
      const { name, effect } = operation
      // The input of what a run carries out is an order, or many, that of all else is flat.
      const orders = (Array.isArray(input) ? input : [input]) as { target?: Record<string, string> }[]
      const targets = orders.map((order) => order.target ?? (order as Record<string, string>))
      const ids = targets.map(({ instanceId = '' }) => instanceId)
      const fields = targets[0] ?? {}
      const act = (): unknown => (ids.length > 1 ? beginTogether(name, ids) : begin(name, fields))
      fake.calls.set(name, (fake.calls.get(name) ?? 0) + 1)
      const fault = faultOf(name, ids)
      if (fault?.took && effect !== 'read') act()
      if (fault) throw refusal(name, fault)
      if (effect !== 'read' && ids.length === 1 && instance(ids[0] ?? '').work) {
        throw refusal(name, { kind: 'busy', change: 'none', code: 'DCS.4111' })
      }
      if (effect !== 'read' && ids.length === 1 && oddOf(instance(ids[0] ?? ''))) {
        throw refusal(name, { kind: 'busy', change: 'none', code: 'DCS.4049', byState: true })
      }
      // A list has its filter in the request.
      const asked = name === 'dcs.instance.list' ? (operation.request(input).query ?? {}) : fields
      return operation.output.parse(effect === 'read' ? answer(name, asked) : act())
    },
  }
  return fake
}

function replicationOf({ master, syncs }: Instance, now: number): object[] {
  const isSyncing = syncs !== undefined && now >= syncs.from && now < syncs.until
  return ['node-1', 'node-2'].map((node_id) => {
    const isMaster = node_id === master
    const status = isSyncing && !isMaster ? 'Inactive' : 'Active'
    return { replication_role: isMaster ? 'master' : 'slave', node_id, status }
  })
}

function nodesOf({ nodes: status }: Instance, list: NodeList): object[] | null {
  if (list === 'null') return null
  if (list === 'empty') return []
  const nodes = ['node-1', 'node-2'].map((node) => ({ logical_node_id: node, status }))
  const proxy = { logical_node_id: 'proxy-1', status: 'Active', node_role: 'redis-proxy' }
  const more = { proxy: [proxy], faulty: [{ logical_node_id: 'node-3', status: 'Inactive' }], whole: [] }
  return [...nodes, ...more[list]]
}

function refusal(operation: string, failure: Failure): CloudError {
  return new CloudError({ operation, what: 'as the test wants it', ...failure })
}
