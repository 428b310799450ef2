import { CATALOGUE } from '../services/catalogue.ts'
import type { LifecycleOperation } from '../services/lifecycle.ts'
import type { Run } from './run.ts'

type Requested = Pick<Run, 'operation' | 'target' | 'params' | 'baseline'>

/**
 * Whether two runs request the same, however it is spelt.
 * @param first its baseline, if it has one, tells e.g. whether the nodes that one names are all that there are
 */
export function isSameRequest(first: Requested, second: Requested): boolean {
  const operation = CATALOGUE.get(first.operation)
  if (!operation || first.operation !== second.operation) return false
  const { baseline } = first
  const identity = ({ target, params }: Requested): string => identityOf(operation, { target, params, baseline })
  return operation.resource(first.target) === operation.resource(second.target) && identity(first) === identity(second)
}

function identityOf(operation: LifecycleOperation, order: Pick<Requested, 'target' | 'params' | 'baseline'>): string {
  return JSON.stringify([operation.name, operation.resource(order.target), sorted(operation.identity(order))])
}

/** With its fields in one order, and without those that are undefined. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => [key, sorted(one)])
}
