import type { Operation } from './operation.ts'

export type Verdict = 'pending' | 'done' | 'failed'

/** What one look at the cloud says. */
export interface Observation {
  verdict: Verdict
  /** The observed value in the cloud's own words, e.g. `RESTARTING`. */
  said: string
  /** False where the value is not in the probe's table: it counts as pending and is reported. */
  listed: boolean
  /** Why it failed, what is missing, or what success does not prove. */
  detail?: string
  /** The provider is seen at work: however long it shows the same, it has not stalled. */
  atWork?: boolean
  /** It is what the baseline showed: alone, it does not say whether the work has begun. */
  asBefore?: boolean
}

/** What is known of a run when a probe looks. */
export interface Facts<Target> {
  target: Target
  /** The provider's job, where the operation returned one. */
  jobId?: string
  /** What `Tracking.baseline` saw before the operation was sent. */
  baseline?: unknown
}

/** What is known of a run whose answer was lost. */
export interface TraceFacts<Target, Params = unknown, Baseline = unknown> {
  target: Target
  params: Params
  baseline: Baseline
  /** When the intent to send it was written (epoch ms, by our clock). */
  sentAtMs: number
}

/** What shows of an operation whose answer was lost. Its texts are short, in the cloud's own words. */
export type Trace =
  /** It has begun: it is at work, or its work shows on the resource already. `jobId` where the provider's job was found. */
  | { begun: 'working' | 'done'; jobId?: string; said: string }
  /** The cloud lists such work where there is any, and lists none; and the resource is as it was before. */
  | { notBegun: string }
  /** What was seen instead: it neither proves nor excludes that it has begun. */
  | { unclear: string }

/** A resource as it is, whatever is asked of it. */
export interface Sight {
  /** In the cloud's own words, e.g. `RUNNING`. */
  said: string
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
  /** What reads as before, and nothing else was ever seen, counts only so long after acceptance. */
  unchangedSeconds?: number
  /** An unlisted value, unchanged so many times in a row, ends it as done: only where the end value is undocumented. */
  settledAfter?: number
  /** As `verify`: so long may the resource show the same, and not what it should, before the run has failed. 300 unless stated. */
  patienceSeconds?(params: unknown): number
  /** As `verify`: where the resource cannot be looked at, what `progress` said is proof enough. */
  dispensable?: boolean
  look(read: Read, facts: Facts<Target>): Promise<Observation>
}

/** How the end of an operation is known. Declared beside it. */
export interface Tracking<Target, Params = unknown, Baseline = unknown> {
  /** One sentence for people. */
  knownBy: string
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
   * Read before the operation is sent: proves that the target exists and is free, and is what `verify` compares with.
   * @throws {CloudError} and the operation is not sent
   */
  baseline(read: Read, target: Target): Promise<Baseline>
  /** For people who ask before anything is sent. @throws {CloudError} where it cannot be looked */
  now(read: Read, target: Target): Promise<Sight>
  progress: Probe<Target>
  /** Looks at the resource itself once `progress` is done: a job that says SUCCESS proves nothing about it. */
  verify?: Probe<Target>
  /**
   * Looks for the operation where it was sent and its answer was lost. The resource was free at the baseline and is held
   * since: work of this kind that began after the intent is this. One look speaks of its moment only: a request that is
   * still on its way shows nothing.
   * @throws {CloudError} where it cannot be looked
   */
  trace(read: Read, facts: TraceFacts<Target, Params, Baseline>): Promise<Trace>
}

/** The record that keeps these is bounded, whatever a cloud answers. */
const MAX_SAID = 80
const MAX_DETAIL = 300

/** A text as it may be kept. */
export function brief(text: string): string {
  return text.trim().slice(0, MAX_SAID)
}

/** Judges an observed value by a probe's table. Case and surrounding space do not matter. */
export function judge(values: Readonly<Record<string, Verdict>>, value: string, detail = ''): Observation {
  const said = brief(value.toUpperCase()) || 'NO VALUE'
  const verdict = Object.hasOwn(values, said) ? values[said] : undefined
  const why = detail ? { detail: detail.slice(0, MAX_DETAIL) } : {}
  return { verdict: verdict ?? 'pending', said, listed: verdict !== undefined, ...why }
}
