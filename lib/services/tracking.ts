import type { Operation } from '../cloud/operation.ts'

export type Verdict = 'pending' | 'done' | 'failed'

/** What one look at the cloud says. */
export interface Observation {
  verdict: Verdict
  /** The observed value in the cloud's own words, e.g. `RESTARTING`. */
  observed: string
  /** False where the value is not in the probe's table: it counts as pending and is reported. */
  listed: boolean
  /** Why it failed, what is missing, or what success does not prove. */
  detail?: string
  /** The resource itself shows that the provider is at work: however long it shows the same, it has not stalled. */
  atWork?: boolean
  /**
   * Nothing that can be read says whether it is done. Where it stays so for as long as a failure would, the run succeeds, and
   * `detail` says what was not seen.
   */
  undecidable?: boolean
  /** It is what the baseline showed: alone, it does not say whether the work has begun. */
  asBefore?: boolean
  /** What this look proves where it ends the run: a clause for people that names nothing but what was read. */
  proof?: string
  /** The provider's job, where this look found it. */
  jobId?: string
}

/** What is known of a run when the cloud is looked at for it. */
export interface Facts<Target, Params = unknown, Baseline = unknown> {
  target: Target
  params: Params
  /** What `Tracking.baseline` saw before the operation was sent. */
  baseline: Baseline
  /** When the intent to send it was written (epoch ms, by our clock). */
  sentAtMs: number
  /** When the work before it on the resource was over (epoch ms, by our clock), where that is known. */
  freeSinceMs?: number
  /** The provider's job, where the operation returned one, or one was found. */
  jobId?: string
  /** Whether the resource was seen at work since it was sent. */
  sawWork?: boolean
}

/** Where both clocks are kept: what began so shortly before its intent began after it, unless other work was there then. */
const TOLERANCE_MS = 5_000

/** From when on, by a cloud's clock, what it lists is of the intent and not of what was before it (epoch ms). */
export function ownSinceMs({ sentAtMs, freeSinceMs = 0 }: Pick<Facts<unknown>, 'sentAtMs' | 'freeSinceMs'>): number {
  return Math.max(sentAtMs - TOLERANCE_MS, Math.min(sentAtMs, freeSinceMs))
}

/** What shows of an operation whose answer was lost. Its texts are short, in the cloud's own words. */
export type Evidence =
  /**
   * It has begun. `working`: it is followed as if its answer had come, by its job where one was found. `done`: its work shows
   * on the resource already, and only that is left to be verified.
   */
  | { begun: 'working' | 'done'; jobId?: string; observed: string }
  /** What was seen instead: it neither proves nor excludes that it has begun. */
  | { unclear: string }

/** A resource as it is, whatever is asked of it. */
export interface Snapshot {
  /** In the cloud's own words, e.g. `RUNNING`. */
  observed: string
  /** Something is at work on it: what is asked for now has to wait. */
  atWork: boolean
}

/** Runs a read for a probe; place and deadline are the caller's. */
export type Read = <Input, Output>(operation: Operation<Input, Output>, input: Input) => Promise<Output>

/** One read of the cloud, and what each value that it can show means. */
export interface Probe<Target> {
  /** What is looked at, e.g. `job`, `instance status`. */
  name: string
  /** Observed value (upper case) -> what it means for this operation. Values not listed count as pending. */
  values: Readonly<Record<string, Verdict>>
  /** So many `done` or `failed` in a row end it: a status may be read before the work has begun. */
  consecutive: number
  /**
   * What reads as before, while the resource was never seen at work, counts only so long after acceptance: by then a provider
   * that shows its work late has shown it.
   */
  unchangedSeconds?: number
  /** As `verify`: so long may the resource show the same, and not what it should, before the run has failed. 300 unless stated. */
  stallSeconds?(params: unknown): number
  /** As `verify`: where the resource cannot be looked at, what `progress` said is proof enough. */
  dispensable?: boolean
  observe(read: Read, facts: Facts<Target>): Promise<Observation>
}

/** How the end of an operation is known. Declared beside it. */
export interface Tracking<Target, Params = unknown, Baseline = unknown> {
  /** One sentence for people. */
  completionCriterion: string
  /** Seconds from acceptance to the first probe. */
  firstWaitSeconds: number
  /** Seconds between the first probes; grows from there. */
  everySeconds: number
  /** Minutes from acceptance of the wish to giving up. */
  deadlineMinutes: number
  /** When it may take longer, in words. */
  longer?: string
  /** More than that, where it depends on what is asked for. */
  moreMinutes?(order: { target: Target; params: Params; baseline: Baseline }): number
  /**
   * Looks whether the operation may be sent to the target as it is.
   * @returns what it saw
   * @throws {CloudError} and the operation is not sent: `busy`, and it is asked again in a while
   */
  gate?(read: Read, target: Target, params: Params): Promise<unknown>
  /**
   * Read before the operation is sent: proves that the target exists and is free, and is what `verify` compares with.
   * @param seen by the gate, just before
   * @throws {CloudError} and the operation is not sent
   */
  baseline(read: Read, target: Target, seen?: unknown): Promise<Baseline>
  /** For people who ask before anything is sent. @throws {CloudError} where it cannot be looked */
  snapshot(read: Read, target: Target): Promise<Snapshot>
  progress: Probe<Target>
  /** Looks at the resource itself once `progress` is done: a job that says SUCCESS proves nothing about it. */
  verify?: Probe<Target>
  /**
   * Looks for the operation where it was sent and its answer was lost. The resource was free at the baseline and is held
   * since: work of this kind that began after the intent is this. One look speaks of its moment only: a request that is
   * still on its way shows nothing.
   * @throws {CloudError} where it cannot be looked
   */
  findEvidence(read: Read, facts: Facts<Target, Params, Baseline>): Promise<Evidence>
}

/** The record that keeps these is bounded, whatever a cloud answers. */
const MAX_OBSERVED = 80
const MAX_DETAIL = 300

/** A text as it may be kept. */
export function brief(text: string): string {
  return text.trim().slice(0, MAX_OBSERVED)
}

/** Judges an observed value by a probe's table. Case and surrounding space do not matter. */
export function judge(values: Readonly<Record<string, Verdict>>, value: string, detail = ''): Observation {
  const observed = brief(value.toUpperCase()) || 'NO VALUE'
  const verdict = Object.hasOwn(values, observed) ? values[observed] : undefined
  const why = detail ? { detail: detail.slice(0, MAX_DETAIL) } : {}
  return { verdict: verdict ?? 'pending', observed, listed: verdict !== undefined, ...why }
}
