import { CloudError, type ErrorKind } from '../../../lib/cloud/errors.ts'
import { answerReader } from '../../../lib/cloud/huawei/errors.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import type { Evidence, Read } from '../../../lib/services/tracking.ts'

const readAnswer = answerReader(DCS.errors)

export const I = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
export const OTHER = '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913'
export const JOB = '8abfa7aa88ad5aa50188aef7ec0936d1'

/** When the intent was stored. */
export const SENT = Date.parse('2026-03-02T01:02:03.500Z')

/** A time some seconds after the intent (negative = before it), in the format of DCS. */
export const at = (seconds: number): string => new Date(SENT + seconds * 1000).toISOString()

/** An answer of DCS, or its refusal. */
export type Answer = object | { fails: ErrorKind; code?: string }

/** The state that DCS shows; reads that are not named are not allowed. */
export interface Shown {
  instance?: Answer
  nodes?: Answer
  groups?: Answer
  tasks?: Answer
  center?: Answer
  job?: Answer
}

const READ: Record<string, keyof Shown> = {
  'dcs.instance.show': 'instance',
  'dcs.node.list': 'nodes',
  'dcs.group.list': 'groups',
  'dcs.instance.task.list': 'tasks',
  'dcs.task.list': 'center',
  'dcs.job.show': 'job',
}

/** A `Read` of the state shown, through the schemas of the reads. */
export function reading(shown: Shown): { read: Read; asked: { what: string; input: unknown }[] } {
  const asked: { what: string; input: unknown }[] = []
  const read: Read = async (operation, input) => {
    const what = READ[operation.name]
    asked.push({ what: what ?? operation.name, input: operation.input.parse(input) })
    const answer = what && shown[what]
    if (!answer) throw new Error(`${operation.name} is not to be read`)
    if ('fails' in answer) {
      const { fails: kind, ...facts } = answer as { fails: ErrorKind; code?: string }
      throw new CloudError({ operation: operation.name, kind, change: 'none', what: 'as the test wants it', ...facts })
    }
    const reading = readAnswer({ status: 200, headers: {}, text: JSON.stringify(answer) }, operation.decode)
    return operation.output.parse('payload' in reading ? reading.payload : reading.refusal)
  }
  return { read, asked }
}

/** The evidence that an operation finds. @property asked reads in order */
export async function evidenceOf(
  name: string,
  shown: Shown,
  baseline: unknown,
  target: object = {},
): Promise<{ evidence: Evidence; asked: { what: string; input: unknown }[] }> {
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  const { read, asked } = reading(shown)
  const facts = { target: operation.target.parse({ instanceId: I, ...target }), params: {}, baseline, sentAtMs: SENT }
  return { evidence: await operation.tracking.findEvidence(read, facts), asked }
}

export const tasks = (...listed: object[]): object => ({ tasks: listed, task_count: String(listed.length) })

/** Shards `g0`, `g1`… with these masters. */
export const groups = (...masters: (string | null)[]): object => ({
  group_list: masters.map((node, index) => ({
    group_id: `g${index}`,
    replication_list: [
      { replication_role: node === null ? 'slave' : 'master', node_id: node },
      { replication_role: 'slave', node_id: 'other' },
    ],
  })),
})

/** Nodes `n0` (logical: `l0`), `n1`… of these statuses. */
export const nodes = (...statuses: string[]): object => ({
  nodes: statuses.map((status, index) => ({ logical_node_id: `l${index}`, node_id: `n${index}`, status })),
})
