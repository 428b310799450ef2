import * as z from 'zod'
import { MAX_TARGETS } from '../../runs/accept/draft.ts'
import { Key, Reason } from '../../runs/accept/request-body.ts'
import { Collision } from '../../runs/run.ts'
import { CATALOGUE, SERVICES } from '../../services/catalogue.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import { SharedFields } from '../runs/run-request.ts'

/** The schemas of request bodies, by their names in the OpenAPI document. */
export function requestSchemas(): Record<string, z.core.$ZodType> {
  const shared = { Collision, Reason, IdempotencyKey: Key }
  return Object.assign(
    {},
    ...[...CATALOGUE.values()].map(schemasFor),
    ...SERVICES.map(({ schemas }) => schemas),
    shared,
  )
}

function schemasFor(operation: LifecycleOperation): Record<string, z.core.$ZodType> {
  const name = requestNameOf(operation.name)
  const params = paramsOf(operation)
  return {
    ...bodiesOf(operation, params),
    ...(params ? { [`${name}Params`]: params } : {}),
    [targetNameOf(operation.target)]: operation.target,
  }
}

/** The schema name of the request for an operation: `dcs.instance.soft-restart` -> `DcsInstanceSoftRestart`. */
export function requestNameOf(operation: string): string {
  return pascalCase(operation.split('.'))
}

/** The same for many targets: `DcsInstanceSoftRestartBatch`. */
export function batchNameOf(operation: string): string {
  return `${requestNameOf(operation)}Batch`
}

/**
 * The bodies for one operation, with one target and with many. The API itself checks in two steps: the body, then `target` and
 * `params` against the catalogue.
 * @param params absent where the operation takes none: an empty object schema would let typed clients send any params
 */
function bodiesOf(
  { name, target, summary }: LifecycleOperation,
  params: z.core.$ZodType | undefined,
): Record<string, z.core.$ZodType> {
  const operation = z.literal(name).describe('Name of the operation')
  const common = { operation, ...(params ? { params: optionalIfEmptyAllowed(params) } : {}), ...SharedFields }
  const targets = z.array(target).min(1).max(MAX_TARGETS).describe('One run is made for each')
  return {
    [requestNameOf(name)]: z.strictObject({ ...common, target }).describe(summary),
    [batchNameOf(name)]: z.strictObject({ ...common, targets }).describe(`${summary}; many at once`),
  }
}

function optionalIfEmptyAllowed(params: z.core.$ZodType): z.core.$ZodType {
  return z.safeParse(params, {}).success ? z.optional(params) : params
}

/** A copy for each operation, even where operations share params: a schema can have one name only. */
function paramsOf({ params }: LifecycleOperation): z.core.$ZodType | undefined {
  const { properties = {} } = z.toJSONSchema(params, { io: 'input' })
  if (Object.keys(properties).length === 0) return undefined
  const copy = z.clone(params)
  z.globalRegistry.add(copy, { description: 'How it is done' })
  return copy
}

function pascalCase(words: string[]): string {
  return words
    .flatMap((word) => word.split('-'))
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('')
}

/** The common name of the operations that share a target: `dcs.node.start`, `dcs.node.stop` -> `DcsNodeTarget`. */
function targetNameOf(target: LifecycleOperation['target']): string {
  const sharing = [...CATALOGUE.values()].filter((one) => one.target === target).map(({ name }) => name.split('.'))
  const [first = []] = sharing
  const resource = first.slice(0, -1)
  const differs = resource.findIndex((word, index) => sharing.some((words) => words[index] !== word))
  return `${pascalCase(differs < 0 ? resource : resource.slice(0, differs))}Target`
}
