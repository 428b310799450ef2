import * as z from 'zod/mini'
import { Document } from '../document.ts'
import type { RecordPorts } from '../ports.ts'
import { record } from '../record.ts'
import { plusMs } from '../schedule.ts'
import type { Announcement } from './announcement.ts'
import { ANNOUNCEMENT_TYPES } from './announcement.ts'

/** The durable part of a guard: one document, changed by conditional writes. */

const Announced = record({
  type: z.enum(ANNOUNCEMENT_TYPES),
  key: z.string(),
  of: z.string(),
  reason: z.string(),
  at: z.string(),
  by: z.optional(z.string()),
  episodeId: z.optional(z.string()),
  runIds: z.optional(z.array(z.string())),
})

/** What every document of a guard has. `outbox`: what people are still to be told, written together with its cause. */
export const GuardRecord = record({ ...Document.shape, outbox: z.optional(z.array(Announced)) })
export type GuardRecord = z.infer<typeof GuardRecord>

export type GuardPorts = Pick<RecordPorts, 'store' | 'clock'>
export type TellingPorts = GuardPorts & Pick<RecordPorts, 'publisher' | 'log'>

type OwnFields<Own> = Omit<Own, keyof GuardRecord>

/** How one kind of document is read, and when the sweeper looks after it. */
export interface GuardKind<Own extends GuardRecord> {
  kind?: GuardRecord['kind']
  /** The word under which it is listed; absent where no list has it. */
  listedAs?(own: OwnFields<Own>): string
  schema: { parse(document: unknown): Own }
  /** The fields of a document that nobody has written yet. */
  initial: OwnFields<Own>
  /** When time alone changes it (ISO 8601). */
  dueAt?(own: OwnFields<Own>): string | undefined
}

interface GuardId<Own extends GuardRecord> {
  id: string
  kind: GuardKind<Own>
}

/** The document to write, with what to tell people; or, where nothing is written, the caller's answer alone. */
export type GuardChange<Own, Answer> =
  | { write: OwnFields<Own>; announce?: readonly Announcement[]; answer: Answer }
  | { answer: Answer }

/** Many workers change one document at once, and one of them succeeds in each round: as many as a storm or a group counts. */
const MAX_ATTEMPTS = 150

/** A document that nobody changed for so long is deleted, unless a person's word is in it. */
const KEEP_MS = 400 * 24 * 3600 * 1000

/**
 * Changes a guard by one conditional write, decided again where another worker was faster; then tells people.
 * @throws {Error} where others were faster again and again, or the store is unreachable: nothing is known then
 */
export async function changeGuard<Own extends GuardRecord, Answer>(
  ports: TellingPorts,
  { id, kind }: GuardId<Own>,
  change: (before: Own, nowMs: number) => GuardChange<Own, Answer> | Promise<GuardChange<Own, Answer>>,
): Promise<Answer> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const nowMs = ports.clock()
    const before = await readGuard(ports, { id, kind })
    const wanted = await change(before, nowMs)
    if (!('write' in wanted)) return wanted.answer
    const outbox = [...(before.outbox ?? []), ...(wanted.announce ?? [])]
    const now = plusMs(nowMs, 0)
    const dueAt = outbox.length > 0 ? now : kind.dueAt?.(wanted.write)
    const listedAs = kind.listedAs?.(wanted.write)
    const { dueAt: _, outbox: __, ...changed } = { ...before, ...wanted.write }
    const document = {
      ...{ ...changed, version: before.version + 1, expiresAtSeconds: secondsAfter(nowMs) },
      ...(listedAs === undefined ? {} : { listedAs }),
      ...(outbox.length > 0 ? { outbox } : {}),
      ...(dueAt === undefined ? {} : { dueAt }),
    }
    if (!(await ports.store.saveDocument(document))) continue
    if (outbox.length > 0) await tellOrLeaveToSweeper(ports, { id, kind })
    return wanted.answer
  }
  throw new Error(`${id}: other workers were faster ${MAX_ATTEMPTS} times`)
}

/** @throws {Error} where it cannot be read: nothing is known then */
export async function readGuard<Own extends GuardRecord>(
  { store, clock }: GuardPorts,
  { id, kind }: GuardId<Own>,
): Promise<Own> {
  const stored = await store.getDocument(id)
  const base = { id, kind: kind.kind ?? 'guard', createdAt: plusMs(clock(), 0), version: 0, expiresAtSeconds: 0 }
  return stored ? kind.schema.parse(stored) : ({ ...base, ...kind.initial } as Own) // as its kind begins
}

/**
 * Tells people what is in the outbox of a document, and takes it out. Repeated after a crash, under the same keys.
 * @throws {Error} where the topic did not take it
 */
export async function tellOutbox<Own extends GuardRecord>(ports: TellingPorts, of: GuardId<Own>): Promise<void> {
  const { outbox = [] } = await readGuard(ports, of)
  if (outbox.length === 0) return
  for (const announcement of outbox) await ports.publisher.announce(announcement)
  const told = new Set(outbox.map(({ key }) => key))
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { outbox: all = [], dueAt: _, ...rest } = await readGuard(ports, of)
    const left = all.filter(({ key }) => !told.has(key))
    const dueAt = left.length > 0 ? plusMs(ports.clock(), 0) : of.kind.dueAt?.(rest as unknown as OwnFields<Own>) // the rest of its own fields
    const document = {
      ...{ ...rest, version: rest.version + 1 },
      ...(left.length > 0 ? { outbox: left } : {}),
      ...(dueAt === undefined ? {} : { dueAt }),
    }
    if (await ports.store.saveDocument(document)) return
  }
}

async function tellOrLeaveToSweeper<Own extends GuardRecord>(ports: TellingPorts, of: GuardId<Own>): Promise<void> {
  try {
    await tellOutbox(ports, of)
  } catch (error) {
    ports.log('warn', 'guard not told yet; the sweeper tells', { id: of.id, error: String(error) })
  }
}

function secondsAfter(nowMs: number): number {
  return Math.ceil((nowMs + KEEP_MS) / 1000)
}
