import * as z from 'zod/mini'
import type { Operation, RequestParts } from '../cloud/operation.ts'
import type { Service } from '../cloud/service.ts'
import type { ListFleet } from './fleet.ts'
import type { Precondition } from './precondition.ts'
import type { Read, Tracking } from './tracking.ts'

/** The input of a lifecycle operation's request builder. */
export interface Order<Target, Params, Baseline> {
  target: Target
  params: Params
  /** The state that was read before it is sent. */
  baseline: Baseline
}

/** The provider's answer to an operation: accepted, refused, or neither. */
export type Acceptance = { jobId?: string; requestId?: string } | { refused: string } | { unclear: string }

/** Whether an operation may be sent now. */
export type Readiness =
  | 'ready'
  /** Not yet: the work that is going on. */
  | { wait: string }
  /** Never: the reason. */
  | { refused: string }
  /** `first` must be sent before it, once; then check again. */
  | { first: () => Promise<unknown>; observed: string }

/** Work that must precede an operation, e.g. a backup. Its texts are for people. */
export interface Preparation<Target, Params> {
  /** One sentence. */
  does: string
  /** Name of its result, e.g. `the backup before it`. */
  name: string
  /** Advice for an operation that is refused because its result is missing. */
  hint: string
  /** Advice where it cannot be made. */
  without: string
  /** Minutes that it may add to the operation's deadline. */
  minutes(params: Params): number
  /** The same in words. */
  longer: string
  /**
   * Called until it returns `ready`. It depends on observations alone, so it may be called again after a crash at any point.
   * @param read runs changes, too
   */
  readiness(read: Read, request: PreparationRequest<Target, Params>): Promise<Readiness>
}

export interface PreparationRequest<Target, Params> {
  target: Target
  params: Params
  /** Marks the result as made for this run, so that it is recognised later. */
  mark: string
  nowMs: number
  /** The cloud rejected an existing result: only one made for this run counts. */
  insists?: boolean | undefined
  /** When `first` was sent (epoch ms); absent = not sent. */
  firstSentAtMs?: number | undefined
}

/** An operation of the catalogue, which a run can carry out. */
export interface LifecycleOperation<Target = unknown, Params = unknown, Baseline = unknown, Output = unknown>
  extends Omit<Operation<Order<Target, Params, Baseline>, Output>, 'shared'> {
  /** One line for people. */
  summary: string
  /** Whether data is lost by design. */
  destroysData: boolean
  /** A field of the target. An alarm may name it only from a list of the rule, for the wrong one would lose data. */
  listedInAlarms?: string
  /** Dotted paths of params that reach the resource unchanged: they can do more than the operation's name says. */
  freeText?: readonly string[]
  target: z.ZodMiniType<Target>
  /** Options of the operation. */
  params: z.ZodMiniType<Params>
  /** The resource that the run locks, e.g. `huawei/dcs/<id>`: two runs on one resource never overlap. */
  resource(target: Target): string
  /**
   * The work in one canonical form: equal for two orders of the same work. Account and region do not count, because the resource
   * is the same from everywhere. `baseline` is given where it was read.
   */
  identity(order: { target: Target; params: Params; baseline?: unknown }): unknown
  /** Checked after its gate and its preparation, right before it is sent. */
  preconditions: readonly Precondition<Target, Params>[]
  preparation?: Preparation<Target, Params>
  /** Reads the answer to the call. */
  accepted(output: Output, target: Target): Acceptance
  tracking: Tracking<Target, Params, Baseline>
  /** For APIs that take several targets in one call: the maximum, and the request builder. */
  batch?: { atMost: number; request(orders: Order<Target, Params, Baseline>[]): RequestParts }
}

/** The operations of one service. */
export interface ServiceOffer {
  service: Service
  /** In their order for people. */
  operations: readonly LifecycleOperation[]
  /** All its resources in an account and region, as the cloud lists them. */
  fleet: ListFleet
  /** Schemas that several operations share, by their names in the OpenAPI document. */
  schemas?: Readonly<Record<string, z.ZodMiniType>>
}

type Declared<Target, Params, Baseline, Output> = Omit<
  LifecycleOperation<Target, Params, Baseline, Output>,
  'input' | 'identity'
> &
  Partial<Pick<LifecycleOperation<Target, Params, Baseline, Output>, 'identity'>> & {
    baseline?: z.ZodMiniType<Baseline>
  }

/** The identity of an order: target and params without account and region. A param of `false` equals an absent one. */
export function plainIdentity<Target, Params>({ target, params }: { target: Target; params: Params }): object {
  const { account, region, ...where } = target as { account?: unknown; region?: unknown } // as every target has them
  const how = Object.entries(params ?? {}).filter(([, value]) => value !== false)
  return { where, how: Object.fromEntries(how) }
}

/** Declares a lifecycle operation. @param declared `baseline`: the schema of what its request needs of the baseline */
export function lifecycle<Target, Params, Baseline, Output>(
  declared: Declared<Target, Params, Baseline, Output>,
): LifecycleOperation<Target, Params, Baseline, Output> {
  const { baseline, ...operation } = declared
  const input = z.object({ target: declared.target, params: declared.params, baseline: baseline ?? z.unknown() })
  return {
    identity: plainIdentity,
    ...operation,
    input: input as unknown as z.ZodMiniType<Order<Target, Params, Baseline>>,
  } // unknown is any Baseline
}
