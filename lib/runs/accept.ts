import { createHash } from 'node:crypto'
import { CATALOGUE } from '../cloud/catalogue.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import type { ProviderName } from '../cloud/operation.ts'
import type { RecordPorts } from './ports.ts'
import { issuesOf, KeyReusedError, RequestError } from './request-error.ts'
import { type Run, runId, type Source } from './run.ts'
import { OVERDUE_AFTER_MS, plusMs } from './schedule.ts'

/** A wish, before it is checked. */
export interface RunRequest {
  operation: unknown
  target: unknown
  params?: unknown
  source: Source
  /** Scoped by its source: the same key is the same wish, however often it arrives. */
  idempotencyKey: string
}

/** Where targets are that name no region. */
export type DefaultRegions = Readonly<Partial<Record<ProviderName, string | undefined>>>

/** Records are kept so long after acceptance: longer than any sender retries, long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/**
 * Accepts a wish: one conditional put, then a message. The put comes first, so that a crash between the two leaves a run
 * that the sweeper finds, never a message without a run.
 * @throws {RequestError | KeyReusedError}
 */
export async function accept(
  ports: RecordPorts,
  request: RunRequest,
  regions: DefaultRegions,
): Promise<{ run: Run; created: boolean }> {
  const wish = checkWish(request, regions)
  const run = newRun(request, wish, ports.clock())
  const existing = await ports.store.create(run)
  if (existing && existing.fingerprint !== run.fingerprint) {
    throw new KeyReusedError(`this key was used for ${existing.operation} (run ${existing.id})`)
  }
  if (existing) return { run: existing, created: false }
  const { id: runId, operation, target, params, source } = run
  ports.log('info', 'run accepted', { runId, operation, target, params, source })
  await sendOrLeaveToSweeper(ports, run.id)
  return { run, created: true }
}

interface Wish {
  operation: LifecycleOperation
  target: Run['target']
  params: Run['params']
}

/** Checks operation, target and params against the catalogue. @throws {RequestError} naming each field */
function checkWish({ operation: name, target, params }: RunRequest, regions: DefaultRegions): Wish {
  const operation = typeof name === 'string' ? CATALOGUE.get(name) : undefined
  if (!operation) {
    const message = name === undefined ? 'is missing' : `is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
    throw new RequestError([{ field: 'operation', message }])
  }
  const where = operation.target.safeParse(target)
  const how = operation.params.safeParse(params ?? {})
  const issues = [
    ...(where.error ? issuesOf(where.error, ['target']) : []),
    ...(how.error ? issuesOf(how.error, ['params']) : []),
  ]
  if (issues.length > 0) throw new RequestError(issues)
  const placed = { region: regions[operation.provider], ...withoutUndefined(where.data) }
  const { region } = placed
  if (region === undefined) {
    throw new RequestError([
      { field: 'target.region', message: `is missing; ${operation.provider} has no default one` },
    ])
  }
  return { operation, target: { ...placed, region }, params: withoutUndefined(how.data) }
}

function newRun(request: RunRequest, { operation, target, params }: Wish, nowMs: number): Run {
  const now = new Date(nowMs).toISOString()
  const minutes = operation.tracking.deadlineMinutes + (operation.preparation?.minutes(params) ?? 0)
  return {
    id: runId(request.idempotencyKey),
    kind: 'run',
    operation: operation.name,
    target,
    params,
    source: request.source,
    state: 'queued',
    step: 0,
    busyAnswers: 0,
    progress: { streak: 0, seen: {}, failures: 0 },
    createdAt: now,
    updatedAt: now,
    deadlineAt: plusMs(nowMs, minutes * 60_000),
    nextAt: now,
    buried: 0,
    version: 1,
    fingerprint: fingerprintOf(operation.name, target, params),
    due: 'due',
    dueAt: plusMs(nowMs, OVERDUE_AFTER_MS),
    expiresAtSeconds: Math.floor((nowMs + KEEP_MS) / 1000),
  }
}

async function sendOrLeaveToSweeper(ports: RecordPorts, id: string): Promise<void> {
  try {
    await ports.queue.send('submissions', { v: 1, runId: id }, 0)
  } catch (error) {
    ports.log('warn', 'submission not enqueued; the sweeper will', { runId: id, error: String(error) })
  }
}

/** The same however the fields were ordered: the schemas of the catalogue give nested ones their own order. */
function fingerprintOf(operation: string, target: Run['target'], params: Run['params']): string {
  const [where, how] = [target, params].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
  // Without params as it was before there were any: a key that was used then is still known.
  const wish = how?.length ? [operation, where, how] : [operation, where]
  return createHash('sha256').update(JSON.stringify(wish)).digest('hex')
}

function withoutUndefined(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined))
}
