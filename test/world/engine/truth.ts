import { CATALOGUE } from '../../../lib/cloud/catalogue.ts'
import type { Operation } from '../../../lib/cloud/operation.ts'
import { createFakeDcs, type FakeDcs } from '../fake-dcs.ts'
import { createFakeEmr, type FakeEmr, type FakeProcess, process } from '../fake-emr.ts'
import { concernNow, type Scope, world } from './current.ts'
import { createLies, type Lies } from './lies.ts'
import { note } from './request.ts'
import type { Sent, Work } from './witness.ts'

export interface Truth {
  /** A request arrives: it acts at once, and the answer is made. */
  arrive<Input, Output>(operation: Operation<Input, Output>, input: Input, by: Scope): Promise<Output>
  /** For which runs a change is sent. */
  runsOf(operation: Pick<Operation, 'name'>, input: unknown, by: Scope): string[]
  /** Resource -> what is, or was last, done to it. */
  works: ReadonlyMap<string, Work>
  sent: readonly Sent[]
  /** Run -> how many backups were begun for it. */
  backups: ReadonlyMap<string, number>
  dcs: FakeDcs
  emr(clusterId: string): FakeEmr
}

type Fields = Record<string, unknown>

/** What the clouds really are and do, behind what they say. */
export function createTruth(now: () => number): Truth {
  const dcs = createFakeDcs(now)
  const clusters = new Map<string, FakeEmr>()
  const works = new Map<string, Work>()
  const sent: Sent[] = []
  const backups = new Map<string, number>()
  const lies: Lies = createLies()
  /** How the next work goes. */
  let next = { ms: 0, fails: false, lies: false }
  dcs.workMs = () => next.ms
  dcs.workFails = () => next.fails || next.lies

  const emr = (id: string): FakeEmr => clusters.get(id) ?? found(id)
  const found = (id: string): FakeEmr => {
    const fake = createFakeEmr(now)
    fake.clusterId = id
    fake.processes = ['10.0.0.1', '10.0.0.2'].map((ip) => datedProcess(ip, now))
    fake.workMs = () => next.ms
    fake.works = () => !works.get(`tencent/emr/${id}`)?.fails
    clusters.set(id, fake)
    return fake
  }

  const draw = (): typeof next => {
    const { faults } = world()
    const chance = (): number => world().chance('work', concernNow())
    const long = faults.happens('cloud work is long')
    const ms = long ? 60_000 + Math.floor(chance() * 48 * 60_000) : 3_000 + Math.floor(chance() ** 2 * 150_000)
    return { ms, fails: faults.happens('cloud work fails'), lies: faults.happens('cloud says done, nothing changed') }
  }

  const write = async <Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    by: Scope,
  ): Promise<Output> => {
    const { faults, clock } = world()
    const parts = ordersOf(input).map((order) => partOf(operation, order, by))
    const invented = faults.happens('cloud says success, nothing begun') ? lies.acceptance(operation, input) : undefined
    next = draw()
    const answer = invented ?? (operation.provider === 'huawei' ? dcs : emrOf(input)).call(operation, input, NOWHERE)
    for (const part of parts) happened(operation, part, clock.now(), countOf(part.resource) > part.before)
    return lies.remember(await answer, next.lies)
  }

  const partOf = (operation: Pick<Operation, 'name'>, order: unknown, by: Scope) => {
    const resource = resourceOf(operation, order)
    return { resource, runId: runOf(operation, order, by), underway: workOn(resource), before: countOf(resource) }
  }

  /** Writes down what became of a change, or of a backup, on one resource. */
  const happened = (
    { name }: Pick<Operation, 'name'>,
    { resource, runId, underway }: ReturnType<typeof partOf>,
    at: number,
    effective: boolean,
  ): void => {
    const work = { runId, operation: name, until: at + next.ms, fails: next.fails || next.lies }
    if (effective) works.set(resource, work)
    const how = effective ? `begins, ${next.ms} ms${work.fails ? ', in vain' : ''}` : 'does not begin'
    note(`${name} of ${resource} ${how}`, [runId])
    if (name === 'dcs.backup.create') {
      if (effective) backups.set(runId, (backups.get(runId) ?? 0) + 1)
      return
    }
    const one = { runId, operation: name, resource, at, effective, work: effective ? work : undefined }
    sent.push(one)
    world().witness.arrived(one, underway)
  }

  const workOn = (resource: string): Work | undefined => {
    const work = works.get(resource)
    return work && work.until > now() ? work : undefined
  }
  /** How often anything was begun on a resource. */
  const countOf = (resource: string): number => {
    const id = resource.split('/').at(-1) ?? ''
    if (resource.startsWith('tencent')) return clusters.get(id)?.taken.length ?? 0
    return [...dcs.writes.map(({ instanceId }) => instanceId), ...dcs.backedUp].filter((one) => one === id).length
  }
  const emrOf = (input: unknown): FakeEmr => emr(String(fieldsOf(input).clusterId))

  return {
    works,
    sent,
    backups,
    runsOf: (operation, input, by) => ordersOf(input).map((order) => runOf(operation, order, by)),
    dcs,
    emr,
    arrive: (operation, input, by) => {
      if (operation.effect !== 'read') return write(operation, input, by)
      const fake = operation.provider === 'huawei' ? dcs : emrOf(input)
      return lies.read(operation, input, by, () => fake.call(operation, input, NOWHERE))
    },
  }
}

/** The fakes have one place, and their clock is the world's. */
const NOWHERE = { region: 'nowhere', deadlineAtMs: 0 }

/** The input of what a run carries out is an order, that of all else is flat. */
function fieldsOf(input: unknown): Fields {
  const { target } = input as { target?: Fields }
  return target ?? (input as Fields)
}

/** One call may take several orders. */
function ordersOf(input: unknown): unknown[] {
  return Array.isArray(input) ? input : [input]
}

function resourceOf(operation: Pick<Operation, 'name'>, input: unknown): string {
  const fields = fieldsOf(input)
  const declared = CATALOGUE.get(operation.name)?.resource(fields)
  return declared ?? `huawei/dcs/${String(fields.instanceId).toLowerCase()}`
}

/** A process whose every restart has its time: one restart is told from the next. */
function datedProcess(ip: string, now: () => number): FakeProcess {
  const one = process('HDFS', 'DataNode', ip)
  let restarted = one.restarted
  return Object.defineProperty(one, 'restarted', {
    get: () => restarted,
    set: () => {
      restarted = new Date(now()).toISOString().slice(0, 19).replace('T', ' ')
    },
  })
}

/** For which run it was sent: that of the message which is about this resource. */
function runOf(operation: Pick<Operation, 'name'>, input: unknown, { message }: Scope): string {
  const resource = resourceOf(operation, input)
  const mark = /run_[0-9a-f]{32}/.exec(String(fieldsOf(input).remark))?.[0]
  if (mark) return mark
  const { table } = world()
  const own = message?.runIds.find((id) => {
    const run = table.item(id)
    return run && CATALOGUE.get(String(run.operation))?.resource(run.target) === resource
  })
  return own ?? `nobody (${operation.name})`
}
