import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { operation } from '../../cloud/operation.ts'
import type { Preparation, PreparationRequest, Readiness } from '../lifecycle.ts'
import type { CheckRequest, Finding, Precondition } from '../precondition.ts'
import type { Read } from '../tracking.ts'
import { BackupParams, MAX_BACKUP_MINUTES } from './params.ts'
import { dcsApi, OfInstance, stamp } from './reads.ts'
import type { DcsTarget } from './target.ts'

const Backup = z.object({
  /** `waiting`, `backuping`, `succeed`, `failed`, `expired` or `deleted`. */
  status: z.string(),
  remark: z.nullish(z.string()),
  created_at: z.nullish(z.string()),
  /** Time of its completion. */
  updated_at: z.nullish(z.string()),
  /** Percent, e.g. `40.00`. */
  progress: z.nullish(z.string()),
  /** A `dcs.08.00xx`; without an error, `{}`. */
  error_code: z.optional(z.unknown()),
})
type Backup = z.infer<typeof Backup>

/** The newest 100 since an instant. Without any, the answer is 204 and has no body. */
export const listBackups = operation({
  name: 'dcs.backup.list',
  ...dcsApi('ListBackupRecords'),
  effect: 'read',
  input: z.extend(OfInstance, { sinceMs: z.int() }),
  output: z.object({
    backup_record_response: z.nullish(z.array(Backup)),
    /** The cloud's time, from the answer's `Date` header. */
    atMs: z.optional(z.number()),
  }),
  request: ({ instanceId, sinceMs }) => ({
    method: 'GET',
    path: `/v2/{project_id}/instances/${instanceId}/backups`,
    query: { begin_time: stamp(sinceMs), limit: '100' },
  }),
  decode: (text, { date }) => {
    const atMs = Date.parse([date].flat()[0] ?? '')
    return { ...(text ? JSON.parse(text) : {}), ...(Number.isNaN(atMs) ? {} : { atMs }) }
  },
})

/** Begins a backup; the list shows its end. Not for single-node instances. */
export const createBackup = operation({
  name: 'dcs.backup.create',
  ...dcsApi('CopyInstance'),
  effect: 'once',
  input: z.extend(OfInstance, { remark: z.string().check(z.maxLength(128)) }),
  output: z.object({ backup_id: z.string() }),
  request: ({ instanceId, remark }) => ({
    method: 'POST',
    path: `/v2/{project_id}/instances/${instanceId}/backups`,
    body: { remark },
  }),
})

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** DCS requires 24 h and does not say which of a backup's times counts: one hour is the margin. */
const FRESH_MS = 23 * HOUR_MS

/** The list shows a new backup at once; after this time it was lost. */
const LISTED_WITHIN_MS = 5 * 60_000

/** Params, precondition and preparation of operations that stop or delete. */
export const ensureBackup: {
  params: typeof BackupParams
  preconditions: readonly Precondition<DcsTarget, BackupParams>[]
  preparation: Preparation<DcsTarget, BackupParams>
} = {
  params: BackupParams,
  preconditions: [
    {
      name: 'backup-fresh',
      requires: 'with backupWithinMinutes, a good backup is at most so old',
      check: backupFresh,
    },
  ],
  preparation: {
    does: 'with ensureBackup, makes a backup first unless a good one of the last 24 h is there',
    name: 'the backup before it',
    hint: 'Repeat the request with params {"ensureBackup": true} to make a backup first',
    without: 'Repeat the request without ensureBackup if its data may be lost',
    minutes: (params) => (params.ensureBackup ? 60 : 0),
    longer: 'up to 60 min more for the backup',
    readiness: async (read, request) => (request.params.ensureBackup ? backedUp(read, request) : 'ready'),
  },
}

async function backedUp(read: Read, request: PreparationRequest<DcsTarget, BackupParams>): Promise<Readiness> {
  const { target, params, mark, nowMs, firstSentAtMs, insists } = request
  const { instanceId } = target
  const { records, atMs } = await readBackups(read, request)
  const own = records.find(({ remark }) => remark === mark)
  const freshMs = Math.min(FRESH_MS, (params.backupWithinMinutes ?? MAX_BACKUP_MINUTES) * MINUTE_MS)
  const isFresh = (one: Backup): boolean => !insists && atMs - takenMs(one) < freshMs
  const isGood = records.some((one) => one.status === 'succeed' && (one === own || isFresh(one)))
  if (isGood) return 'ready'
  const atWork = records.find(isAtWork)
  if (atWork) return { wait: `BACKUP ${atWork.status.toUpperCase()} ${atWork.progress ?? ''}`.trim() }
  if (own) return { refused: `the backup before it ended as ${own.status}${reasonOf(own)}` }
  if (firstSentAtMs === undefined) {
    return { first: () => read(createBackup, { instanceId, remark: mark }), observed: 'BACKUP REQUESTED' }
  }
  if (nowMs - firstSentAtMs < LISTED_WITHIN_MS) return { wait: 'BACKUP NOT LISTED YET' }
  return { refused: 'the backup that was requested before it is not listed' }
}

/**
 * A plan shows the age of the newest backup also where the request does not depend on it. One that was made for this run is
 * fresh, however long it took.
 */
async function backupFresh(read: Read, request: CheckRequest<DcsTarget, BackupParams>): Promise<Finding | undefined> {
  const { backupWithinMinutes } = request.params
  if (backupWithinMinutes === undefined) return request.forPlan ? backupAge(read, request) : undefined
  const { records, atMs } = await readBackups(read, request)
  const good = newestGood(records, atMs)
  const within = `backupWithinMinutes is ${backupWithinMinutes}`
  const figures = figuresOf(good)
  const isOwn = records.some(({ remark, status }) => remark === request.mark && status === 'succeed')
  if (isOwn || (good && good.ageMs <= backupWithinMinutes * MINUTE_MS)) {
    return { says: 'allow', reason: isOwn ? 'a backup was made for this run' : `${figures}; ${within}`, figures }
  }
  const atWork = records.find(isAtWork)
  if (atWork) return { says: 'wait', reason: `a backup is ${atWork.status}, and ${figures}; ${within}`, figures }
  return { says: 'refuse', reason: `${figures}; ${within}`, figures }
}

/** The figure alone. It stands in nobody's way. */
async function backupAge(read: Read, request: CheckRequest<DcsTarget, BackupParams>): Promise<Finding> {
  try {
    const { records, atMs } = await readBackups(read, request)
    return { says: 'allow', reason: 'backupWithinMinutes is not given', figures: figuresOf(newestGood(records, atMs)) }
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    return { says: 'allow', reason: `backupWithinMinutes is not given; backups cannot be read: ${error.message}` }
  }
}

function newestGood(records: readonly Backup[], atMs: number): { ageMs: number } | undefined {
  const taken = records.filter(({ status }) => status === 'succeed').map(takenMs)
  const known = taken.filter((ms) => !Number.isNaN(ms))
  return known.length > 0 ? { ageMs: Math.max(0, atMs - Math.max(...known)) } : undefined
}

function figuresOf(good: { ageMs: number } | undefined): string {
  if (!good) return 'no good backup is listed'
  return `the newest good backup is ${Math.floor(good.ageMs / MINUTE_MS)} min old`
}

/** Backups of as long as counts, or for the figure of a plan of a week. Their ages are by the cloud's clock; ours may be wrong by hours. */
async function readBackups(
  read: Read,
  { target: { instanceId }, params, nowMs, forPlan }: CheckRequest<DcsTarget, BackupParams>,
): Promise<{ records: Backup[]; atMs: number }> {
  const { backupWithinMinutes = forPlan ? MAX_BACKUP_MINUTES : 0 } = params
  const sinceMs = nowMs - Math.max(24 * HOUR_MS, backupWithinMinutes * MINUTE_MS) - HOUR_MS
  const { backup_record_response, atMs = nowMs } = await read(listBackups, { instanceId, sinceMs })
  return { records: backup_record_response ?? [], atMs }
}

function isAtWork({ status }: Backup): boolean {
  return status === 'waiting' || status === 'backuping'
}

/** The earlier of a backup's times, as it is not documented which one counts. NaN = no time. */
function takenMs({ updated_at, created_at }: Backup): number {
  const times = [updated_at, created_at].map(utcMs).filter((ms) => !Number.isNaN(ms))
  return times.length > 0 ? Math.min(...times) : Number.NaN
}

/** Parses `2026-01-01T00:00:00.000Z` or, by Terraform's documentation, `2026-01-01 00:00:00` in UTC. @returns NaN = no time */
function utcMs(time: string | null | undefined): number {
  const text = time?.trim().replace(' ', 'T') ?? ''
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
}

function reasonOf({ error_code }: Backup): string {
  return typeof error_code === 'string' && error_code ? ` (${error_code})` : ''
}
