import type { Operation } from '../../../lib/cloud/operation.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { type Scope, world } from './current.ts'

/** One of those that a change is about. */
export interface Target {
  resource: string
  /** For which run it was sent. */
  runId: string
}

type Fields = Record<string, unknown>

/** What a call is about. The input of what runs carry out is an order, or many, that of all else is flat. */
export function targetsOf({ name }: Pick<Operation, 'name'>, input: unknown, by: Scope): Target[] {
  const orders = (Array.isArray(input) ? input : [input]) as { target?: Fields }[]
  return orders.map((order) => {
    const fields = order.target ?? (order as Fields)
    const declared = CATALOGUE.get(name)?.resource(fields)
    const resource = declared ?? `huawei/dcs/${String(fields.instanceId).toLowerCase()}`
    return { resource, runId: runOf(resource, String(fields.remark), by) ?? `nobody (${name})` }
  })
}

/** Which instance or cluster a resource is. */
export function idIn(resource: string): string {
  return resource.split('/').at(-1) ?? ''
}

/** The run that is marked, or that of the message which is about this resource. */
function runOf(resource: string, remark: string, { message }: Scope): string | undefined {
  const mark = /run_[0-9a-f]{32}/.exec(remark)?.[0]
  return mark ?? message?.runIds.find((id) => resourceOf(id) === resource)
}

function resourceOf(id: string): string | undefined {
  const run = world().table.item(id) as unknown as Run | undefined // as our own store wrote it
  return run && CATALOGUE.get(run.operation)?.resource(run.target)
}
