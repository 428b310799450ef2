import * as z from 'zod/mini'
import { operation } from '../../cloud/operation.ts'
import type { Preparation, PreparationRequest, Readiness } from '../lifecycle.ts'
import type { Read } from '../tracking.ts'
import { BackupParams } from './params.ts'
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

const HOUR_MS = 3_600_000

/** DCS requires 24 h and does not say which of a backup's times counts: one hour is the margin. */
const FRESH_MS = 23 * HOUR_MS

/** The list shows a new backup at once; after this time it was lost. */
const LISTED_WITHIN_MS = 5 * 60_000

/** Params and preparation of operations that stop or delete. */
export const ensureBackup: { params: typeof BackupParams; preparation: Preparation<DcsTarget, BackupParams> } = {
  params: BackupParams,
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
  const { target, mark, nowMs, firstSentAtMs, insists } = request
  const { instanceId } = target
  const listed = await read(listBackups, { instanceId, sinceMs: nowMs - 25 * HOUR_MS })
  // Ages are by the cloud's clock; ours may be wrong by hours.
  const { atMs = nowMs } = listed
  const records = listed.backup_record_response ?? []
  const own = records.find(({ remark }) => remark === mark)
  const isFresh = (one: z.infer<typeof Backup>): boolean => !insists && atMs - takenMs(one) < FRESH_MS
  const isGood = records.some((one) => one.status === 'succeed' && (one === own || isFresh(one)))
  if (isGood) return 'ready'
  const atWork = records.find(({ status }) => status === 'waiting' || status === 'backuping')
  if (atWork) return { wait: `BACKUP ${atWork.status.toUpperCase()} ${atWork.progress ?? ''}`.trim() }
  if (own) return { refused: `the backup before it ended as ${own.status}${reasonOf(own)}` }
  if (firstSentAtMs === undefined) {
    return { first: () => read(createBackup, { instanceId, remark: mark }), observed: 'BACKUP REQUESTED' }
  }
  if (nowMs - firstSentAtMs < LISTED_WITHIN_MS) return { wait: 'BACKUP NOT LISTED YET' }
  return { refused: 'the backup that was requested before it is not listed' }
}

/** The earlier of a backup's times, as it is not documented which one counts. NaN = no time. */
function takenMs({ updated_at, created_at }: z.infer<typeof Backup>): number {
  const times = [updated_at, created_at].map(utcMs).filter((ms) => !Number.isNaN(ms))
  return times.length > 0 ? Math.min(...times) : Number.NaN
}

/** Parses `2026-01-01T00:00:00.000Z` or, by Terraform's documentation, `2026-01-01 00:00:00` in UTC. @returns NaN = no time */
function utcMs(time: string | null | undefined): number {
  const text = time?.trim().replace(' ', 'T') ?? ''
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
}

function reasonOf({ error_code }: z.infer<typeof Backup>): string {
  return typeof error_code === 'string' && error_code ? ` (${error_code})` : ''
}
