import { createHash } from 'node:crypto'
import { CATALOGUE } from '../cloud/catalogue.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import type { RecordPorts } from './ports.ts'
import { issuesOf, KeyReusedError, RequestError } from './request-error.ts'
import { type Run, runId, type Source } from './run.ts'
import { OVERDUE_AFTER_MS, plusMs } from './schedule.ts'

/** A wish, before it is checked. */
export interface RunRequest {
  operation: unknown
  target: unknown
  source: Source
  /** Scoped by its source: the same key is the same wish, however often it arrives. */
  idempotencyKey: string
}

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
  defaultRegion: string,
): Promise<{ run: Run; created: boolean }> {
  const { operation, target } = checkWish(request.operation, request.target, defaultRegion)
  const run = newRun(request, operation, target, ports.clock())
  const existing = await ports.store.create(run)
  if (existing && existing.fingerprint !== run.fingerprint) {
    throw new KeyReusedError(`this key was used for ${existing.operation} (run ${existing.id})`)
  }
  if (existing) return { run: existing, created: false }
  ports.log('info', 'run accepted', { runId: run.id, operation: run.operation, target: run.target, source: run.source })
  await sendOrLeaveToSweeper(ports, run.id)
  return { run, created: true }
}

/** Checks operation and target against the catalogue. @throws {RequestError} naming each field */
function checkWish(
  name: unknown,
  target: unknown,
  defaultRegion: string,
): { operation: LifecycleOperation; target: Run['target'] } {
  const operation = typeof name === 'string' ? CATALOGUE.get(name) : undefined
  if (!operation) {
    const message = name === undefined ? 'is missing' : `is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
    throw new RequestError([{ field: 'operation', message }])
  }
  const checked = operation.input.safeParse(target)
  if (!checked.success) throw new RequestError(issuesOf(checked.error, ['target']))
  return { operation, target: { region: defaultRegion, ...withoutUndefined(checked.data) } }
}

function newRun(request: RunRequest, operation: LifecycleOperation, target: Run['target'], nowMs: number): Run {
  const now = new Date(nowMs).toISOString()
  return {
    id: runId(request.idempotencyKey),
    kind: 'run',
    operation: operation.name,
    target,
    source: request.source,
    state: 'queued',
    step: 0,
    busyAnswers: 0,
    progress: { streak: 0, seen: {}, failures: 0 },
    createdAt: now,
    updatedAt: now,
    deadlineAt: plusMs(nowMs, operation.tracking.deadlineMinutes * 60_000),
    nextAt: now,
    buried: 0,
    version: 1,
    fingerprint: fingerprintOf(operation.name, target),
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

function fingerprintOf(operation: string, target: Run['target']): string {
  const sorted = Object.entries(target).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([operation, sorted]))
    .digest('hex')
}

function withoutUndefined(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => one !== undefined))
}
