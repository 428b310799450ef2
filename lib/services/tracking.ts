import type { Operation } from '../cloud/operation.ts'

export type Verdict = 'pending' | 'done' | 'failed'

/** The result of one observation of the cloud. */
export interface Observation {
  verdict: Verdict
  /** The observed value in the cloud's own words, e.g. `RESTARTING`. */
  observed: string
  /** False where the value is not in the probe's table: it counts as pending and is reported. */
  listed: boolean
  /** The reason of a failure, the missing parts, or the limits of a success. */
  detail?: string
  /** The resource shows that the provider is at work, so an unchanged value is no stall. */
  atWork?: boolean
  /**
   * No read can tell whether it is done. If that lasts as long as a stall would, the run succeeds, and `detail` names what was
   * not seen.
   */
  undecidable?: boolean
  /** The value equals the baseline's: alone, it does not show whether the work has begun. */
  asBefore?: boolean
  /** The proof where this observation ends the run: a clause for people about the read values alone. */
  proof?: string
  /** The provider's job, where this observation found it. */
  jobId?: string
}

/** The facts of a run that its probes use. */
export interface Facts<Target, Params = unknown, Baseline = unknown> {
  target: Target
  params: Params
  /** The result of `Tracking.baseline`, read before the operation was sent. */
  baseline: Baseline
  /** When the intent to send it was stored (epoch ms, our clock). */
  sentAtMs: number
  /** When earlier work on the resource ended (epoch ms, our clock), where known. */
  freeSinceMs?: number
  /** The provider's job, returned by the operation or found later. */
  jobId?: string
  /** Whether the resource was observed at work since the operation was sent. */
  sawWork?: boolean
  /** The value that was observed last, in the cloud's own words. */
  lastObserved?: string
}

/** Clock difference that is allowed: work that began so shortly before the intent counts as begun after it. */
const TOLERANCE_MS = 5_000

/** The time from which listed work belongs to the intent and not to earlier work (epoch ms, the cloud's clock). */
export function ownSinceMs({ sentAtMs, freeSinceMs = 0 }: Pick<Facts<unknown>, 'sentAtMs' | 'freeSinceMs'>): number {
  return Math.max(sentAtMs - TOLERANCE_MS, Math.min(sentAtMs, freeSinceMs))
}

/** Signs of an operation whose answer was lost. Its texts are short, in the cloud's own words. */
export type Evidence =
  /**
   * It has begun. `working`: it is tracked as if its answer had come, by its job where one was found. `done`: the resource
   * shows its result already, and only verification remains.
   */
  | { begun: 'working' | 'done'; jobId?: string; observed: string }
  /** The observation neither proves nor excludes that it has begun. */
  | { unclear: string }

/** The present state of a resource, whatever the operation. */
export interface Snapshot {
  /** In the cloud's own words, e.g. `RUNNING`. */
  observed: string
  /** Something is at work on it: a new request has to wait. */
  atWork: boolean
}

/** Runs a read for a probe; the caller has bound account, region and deadline. */
export type Read = <Input, Output>(operation: Operation<Input, Output>, input: Input) => Promise<Output>

/** One kind of observation, with the meaning of each value that it can show. */
export interface Probe<Target> {
  /** The thing observed, e.g. `job`, `instance status`. */
  name: string
  /** Observed value (upper case) -> verdict for this operation. Unlisted values count as pending. */
  values: Readonly<Record<string, Verdict>>
  /** Number of `done` or `failed` in a row that end it: a status may be read before the work has begun. */
  consecutive: number
  /**
   * Seconds after acceptance before a value as in the baseline counts, if the resource was never seen at work: by then even a
   * slow provider shows its work.
   */
  unchangedSeconds?: number
  /** As `verify`: seconds that a wrong value may stay unchanged before the run fails. 300 unless given. */
  stallSeconds?(params: unknown): number
  /** As `verify`: where the resource cannot be read, the result of `progress` suffices. */
  dispensable?: boolean
  observe(read: Read, facts: Facts<Target>): Promise<Observation>
}

/** How the end of an operation is recognised. Declared with the operation. */
export interface Tracking<Target, Params = unknown, Baseline = unknown> {
  /** One sentence for people. */
  completionCriterion: string
  /** Seconds from acceptance to the first probe. */
  firstWaitSeconds: number
  /** Seconds between the first probes; grows from there. */
  everySeconds: number
  /** Minutes from acceptance of the request until the run times out. */
  deadlineMinutes: number
  /** When it may take longer, for people. */
  longer?: string
  /** Orders of one class take about as long. Without it, all orders of the operation do. */
  sizeClass?(order: { target: Target; params: Params; baseline: Baseline }): string
  /** Additional minutes, where they depend on the order. */
  moreMinutes?(order: { target: Target; params: Params; baseline: Baseline }): number
  /**
   * Checks that the operation may be sent to the target in its present state.
   * @returns the observation, for `baseline`
   * @throws {CloudError} and the operation is not sent; after `busy` it is checked again later
   */
  gate?(read: Read, target: Target, params: Params): Promise<unknown>
  /**
   * Reads the state before the operation is sent: proves that the target exists and is free; `verify` compares with it.
   * @param observed the gate's result, just before
   * @throws {CloudError} and the operation is not sent
   */
  baseline(read: Read, target: Target, observed?: unknown): Promise<Baseline>
  /** For people who plan a request. @throws {CloudError} where it cannot be read */
  snapshot(read: Read, target: Target): Promise<Snapshot>
  progress: Probe<Target>
  /** Observes the resource itself once `progress` is done: a job with SUCCESS proves nothing about the resource. */
  verify?: Probe<Target>
  /**
   * Searches for the operation after its answer was lost. The resource was free at the baseline and is held since, so work of
   * this kind that began after the intent is this operation. A request that is still on its way shows nothing yet.
   * @throws {CloudError} where it cannot be read
   */
  findEvidence(read: Read, facts: Facts<Target, Params, Baseline>): Promise<Evidence>
}

/** Bounds of the texts that a run's record keeps, whatever a cloud answers. */
const MAX_OBSERVED = 80
const MAX_DETAIL = 300

/** Cuts a text for the run's record. */
export function brief(text: string): string {
  return text.trim().slice(0, MAX_OBSERVED)
}

/** Looks up the verdict of a value in a probe's table. Case and surrounding space do not matter. */
export function judge(values: Readonly<Record<string, Verdict>>, value: string, detail = ''): Observation {
  const observed = brief(value.toUpperCase()) || 'NO VALUE'
  const verdict = Object.hasOwn(values, observed) ? values[observed] : undefined
  const why = detail ? { detail: detail.slice(0, MAX_DETAIL) } : {}
  return { verdict: verdict ?? 'pending', observed, listed: verdict !== undefined, ...why }
}
