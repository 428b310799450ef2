import * as z from 'zod'
import { changed } from './change.ts'
import type { BuriedMessage, RecordPorts } from './ports.ts'
import { RUN_ID } from './run.ts'
import { isFinal } from './states.ts'

/** Enough to see what it was; a poison message may be large. */
const MAX_BODY = 2_000

const AnyMessage = z.looseObject({ runId: z.string().regex(RUN_ID) })

/**
 * Takes leave of a dead letter: the run notes it and is due at once, so that the sweeper goes on with it; people are told.
 * A dead letter never ends a run by itself: the run's own deadline does.
 */
export async function bury(ports: RecordPorts, letter: Omit<BuriedMessage, 'runId' | 'at'>): Promise<void> {
  const runId = runIdOf(letter.body)
  const at = new Date(ports.clock()).toISOString()
  ports.log('error', 'message buried', { messageId: letter.messageId, queue: letter.queue, runId })
  if (runId) {
    // People are told whatever becomes of the record: it may be what the message died of.
    await noteOnRun(ports, runId, at).catch((error: unknown) =>
      ports.log('error', 'dead letter not noted on its run', { runId, error: String(error) }),
    )
  }
  const body = letter.body.slice(0, MAX_BODY)
  await ports.publisher.messageBuried({ ...letter, body, at, ...(runId ? { runId } : {}) })
}

async function noteOnRun(ports: RecordPorts, runId: string, now: string): Promise<void> {
  const run = await ports.store.get(runId)
  // A run that is being sent is left alone: its worker may still be at it, and must be able to write what came of it.
  if (!run || isFinal(run.state) || run.state === 'submitting') return
  await ports.store.save(changed(run, run.state, { buried: run.buried + 1, nextAt: now }, ports.clock()))
}

function runIdOf(body: string): string | undefined {
  try {
    return AnyMessage.safeParse(JSON.parse(body)).data?.runId
  } catch {
    return undefined
  }
}
