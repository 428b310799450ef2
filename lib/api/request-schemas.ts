import * as z from 'zod'
import { MAX_TARGETS } from '../runs/accept/draft.ts'
import { Key, Reason } from '../runs/accept/request-body.ts'
import { Collision } from '../runs/run.ts'
import { CATALOGUE, SERVICES } from '../services/catalogue.ts'
import type { LifecycleOperation } from '../services/lifecycle.ts'
import { RunRequestBody } from './run-request.ts'

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
  const { one, many } = bodiesOf(operation, params)
  return {
    [name]: z.union([one, many]).describe(operation.summary),
    [`${name}OfOne`]: one,
    [`${name}OfMany`]: many,
    ...(params ? { [`${name}Params`]: params } : {}),
    [targetNameOf(operation.target)]: operation.target,
  }
}

/** The schema name of the request for an operation: `dcs.instance.soft-restart` -> `DcsInstanceSoftRestart`. */
export function requestNameOf(operation: string): string {
  return pascalCase(operation.split('.'))
}

/**
 * The bodies of `POST /runs` for one operation, with one target and with many. The API itself checks in two steps: the body,
 * then `target` and `params` against the catalogue.
 * @param params absent where the operation takes none: an empty object schema would let typed clients send any params
 */
function bodiesOf({ name, target }: LifecycleOperation, params: z.core.$ZodType | undefined) {
  const { target: _target, targets: many, params: _params, ...shape } = RunRequestBody.shape
  const common = { ...shape, operation: z.literal(name), ...(params ? { params: optionalIfEmptyAllowed(params) } : {}) }
  const targets = z
    .array(target)
    .min(1)
    .max(MAX_TARGETS)
    .describe(many.description ?? '')
  return { one: z.strictObject({ ...common, target }), many: z.strictObject({ ...common, targets }) }
}

function optionalIfEmptyAllowed(params: z.core.$ZodType): z.core.$ZodType {
  return z.safeParse(params, {}).success ? z.optional(params) : params
}

/** A copy for each operation, even where operations share params: a schema can have one name only. */
function paramsOf({ params }: LifecycleOperation): z.core.$ZodType | undefined {
  const { properties = {} } = z.toJSONSchema(params, { io: 'input' })
  return Object.keys(properties).length > 0 ? z.clone(params) : undefined
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
