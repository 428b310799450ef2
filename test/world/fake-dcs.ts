import type { Call } from '../../lib/cloud/call.ts'
import { CloudError, type CloudErrorFacts } from '../../lib/cloud/errors.ts'

type Failure = Pick<CloudErrorFacts, 'kind' | 'change'> & Partial<CloudErrorFacts>

/** How a call goes wrong; `took` = the change was made all the same. */
export type Fault = Failure & { took?: boolean }

interface Instance {
  status: string
  stoppedStatus: string
  master: string
  nodes: 'Active' | 'Inactive'
  work?: { until: number; end: () => void; failed?: boolean }
  /** In the order in which they were made; times in epoch ms. */
  backups: Backup[]
}

interface Backup {
  status: string
  remark: string
  at: number
}

export interface FakeDcs {
  call: Call
  /** Writes that took effect: instance id and operation, in order. */
  writes: { instanceId: string; operation: string }[]
  /** Backups that were begun: instance ids, in order. */
  backedUp: string[]
  /** How many calls of each operation arrived, good or bad. */
  calls: Map<string, number>
  instance(id: string): Instance
  /** Asked at every call: what goes wrong with it. */
  fault: (operation: string, instanceId: string) => Fault | undefined
  /** Milliseconds of each work. */
  workMs: () => number
  /** Whether the next work ends badly. */
  workFails: () => boolean
}

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
  const jobs = new Map<string, { until: number; failed: boolean }>()

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
    const backup = { status: 'backuping', remark, at: nowMs() }
    fake.backedUp.push(id)
    it.backups.push(backup)
    const end = () => Object.assign(backup, { status: failed ? 'failed' : 'succeed', at: nowMs() })
    it.work = { until: nowMs() + fake.workMs(), end }
    return { backup_id: `backup-${fake.backedUp.length}` }
  }

  const begin = (operation: string, fields: Record<string, string>): unknown => {
    const id = fields.instanceId ?? ''
    if (operation === 'dcs.backup.create') return backUp(id, fields.remark ?? '')
    const it = instance(id)
    fake.writes.push({ instanceId: id, operation })
    const until = nowMs() + fake.workMs()
    const failed = fake.workFails()
    const busy = BUSY_STATUS[operation]
    if (busy) {
      it.status = busy
      const after = operation === 'dcs.instance.stop' ? it.stoppedStatus : 'RUNNING'
      it.work = { until, end: () => Object.assign(it, { status: failed ? 'ERROR' : after }) }
      return { results: [{ instance: id, result: 'success' }] }
    }
    const jobId = `job-${String(fake.writes.length).padStart(8, '0')}`
    jobs.set(jobId, { until, failed })
    const change = {
      'dcs.instance.swap': { master: 'node-2' },
      'dcs.shard.failover': { master: fields.nodeId },
      'dcs.node.stop': { nodes: 'Inactive' },
    }[operation]
    it.work = { until, end: () => failed || Object.assign(it, change ?? { nodes: 'Active' }) }
    return { job_id: jobId }
  }

  const answer = (operation: string, input: Record<string, string>): unknown => {
    const id = input.instanceId ?? ''
    const known = instance(id)
    if (operation === 'dcs.instance.show') return { status: known.status, task: null }
    if (operation === 'dcs.node.list') {
      return { nodes: ['node-1', 'node-2'].map((node) => ({ logical_node_id: node, status: known.nodes })) }
    }
    if (operation === 'dcs.group.list') {
      return {
        group_list: [{ group_id: 'g', replication_list: [{ replication_role: 'master', node_id: known.master }] }],
      }
    }
    if (operation === 'dcs.backup.list') {
      const listed = known.backups.filter(({ at }) => at >= Number(input.sinceMs)).toReversed()
      const view = ({ status, remark, at }: Backup): object => ({
        ...{ status, remark, progress: '0.00', error_code: {} },
        updated_at: new Date(at).toISOString(),
      })
      return listed.length > 0 ? { backup_record_response: listed.map(view) } : {}
    }
    const job = jobs.get(input.jobId ?? '')
    if (!job) throw refusal(operation, { kind: 'invalid', change: 'none', code: 'DCS.4070' })
    return {
      status: nowMs() < job.until ? 'RUNNING' : job.failed ? 'FAIL' : 'SUCCESS',
      fail_reason: job.failed ? 'disk' : null,
    }
  }

  const fake: FakeDcs = {
    writes: [],
    backedUp: [],
    calls: new Map(),
    instance,
    fault: () => undefined,
    workMs: () => 20_000,
    workFails: () => false,
    call: async (operation, input) => {
      const { name, effect } = operation
      // The input of what a run carries out is an order, that of all else is flat.
      const order = input as { target?: Record<string, string> }
      const fields = order.target ?? (input as Record<string, string>)
      const id = fields.instanceId ?? ''
      fake.calls.set(name, (fake.calls.get(name) ?? 0) + 1)
      const fault = fake.fault(name, id)
      if (fault?.took && effect !== 'read') begin(name, fields)
      if (fault) throw refusal(name, fault)
      if (effect !== 'read' && instance(id).work) {
        throw refusal(name, { kind: 'busy', change: 'none', code: 'DCS.4111' })
      }
      return operation.output.parse(effect === 'read' ? answer(name, fields) : begin(name, fields))
    },
  }
  return fake
}

function refusal(operation: string, failure: Failure): CloudError {
  return new CloudError({ operation, what: 'as the test wants it', ...failure })
}
