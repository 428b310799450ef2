import * as z from 'zod/mini'
import type { Operation, RequestParts } from '../cloud/operation.ts'
import type { Service } from '../cloud/service.ts'
import type { Read, Tracking } from './tracking.ts'

/** What a run carries out, as the request builder sees it. */
export interface Order<Target, Params, Baseline> {
  target: Target
  params: Params
  /** What was seen before it is sent. */
  baseline: Baseline
}

/** What the provider said when it took an operation on. */
export type Acceptance = { jobId?: string; requestId?: string } | { refused: string } | { unclear: string }

/** Whether an operation may be sent now. */
export type Readiness =
  | 'ready'
  /** Not yet: what is going on. */
  | { wait: string }
  /** It will not become so: why. */
  | { refused: string }
  /** This must be sent first, once; then ask again. */
  | { first: () => Promise<unknown>; observed: string }

export interface Preparation<Target, Params> {
  /** One sentence for people. */
  does: string
  /** What it makes, e.g. `a backup before it`. */
  name: string
  /** What to do where the operation is refused for want of it. */
  hint: string
  /** What may be asked for where it cannot be made. */
  without: string
  /** Minutes that it may take, on top of the operation's deadline. */
  minutes(params: Params): number
  /** The same, in words. */
  longer: string
  /**
   * Asked until it says `ready`. It works by what it sees: it may be asked again after a crash at any point.
   * @param read also runs what is not a read
   */
  readiness(read: Read, wish: PreparationRequest<Target, Params>): Promise<Readiness>
}

export interface PreparationRequest<Target, Params> {
  target: Target
  params: Params
  /** Marks what is made for this run, so that it is known again. */
  mark: string
  nowMs: number
  /** The cloud did not take what was there for good enough: only what is made for this run is. */
  insists?: boolean | undefined
  /** When `first` was sent, if it was (epoch ms). */
  firstSentAtMs?: number | undefined
}

/** An operation of the catalogue: something a run can carry out. */
export interface LifecycleOperation<Target = unknown, Params = unknown, Baseline = unknown, Output = unknown>
  extends Operation<Order<Target, Params, Baseline>, Output> {
  /** One line for people. */
  summary: string
  /** Whether data is lost by design, not by accident. */
  destroysData: boolean
  /** Params, by dotted path, that go to the resource as they are written: whoever may give them may have more done than it says. */
  freeText?: readonly string[]
  target: z.ZodMiniType<Target>
  /** How it is to be done. */
  params: z.ZodMiniType<Params>
  /** The resource that the run holds alone, e.g. `huawei/dcs/<id>`: two runs on one resource never overlap. */
  resource(target: Target): string
  /**
   * What is asked for of the resource, in one spelling: equal for two orders that ask for the same. Account and region do not
   * count, for the resource is one wherever it is seen from. `baseline`: what was seen of the resource, where it was.
   */
  identity(order: { target: Target; params: Params; baseline?: unknown }): unknown
  preparation?: Preparation<Target, Params>
  /** Reads the answer to the call. */
  accepted(output: Output, target: Target): Acceptance
  tracking: Tracking<Target, Params, Baseline>
  /** Where one call of the provider takes several targets: how many, and how it is built. */
  batch?: { atMost: number; request(orders: Order<Target, Params, Baseline>[]): RequestParts }
}

/** What one service offers. */
export interface ServiceOffer {
  service: Service
  /** In the order in which they are shown. */
  operations: readonly LifecycleOperation[]
  /** Schemas that several operations share, by the names that they have in the OpenAPI document. */
  schemas?: Readonly<Record<string, z.ZodMiniType>>
}

type Declared<Target, Params, Baseline, Output> = Omit<
  LifecycleOperation<Target, Params, Baseline, Output>,
  'input' | 'identity'
> &
  Partial<Pick<LifecycleOperation<Target, Params, Baseline, Output>, 'identity'>> & {
    baseline?: z.ZodMiniType<Baseline>
  }

/** All but where it is seen from. A switch that is off is one that was not given. */
export function plainIdentity<Target, Params>({ target, params }: { target: Target; params: Params }): object {
  const { account, region, ...where } = target as { account?: unknown; region?: unknown } // as every target has them
  const how = Object.entries(params ?? {}).filter(([, value]) => value !== false)
  return { where, how: Object.fromEntries(how) }
}

/** Keeps the types together where an operation is declared. @param declared `baseline`: what the request needs of it */
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
