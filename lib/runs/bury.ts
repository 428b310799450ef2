import * as z from 'zod'
import { changed } from './change.ts'
import type { BuriedMessage, RecordPorts } from './ports.ts'
import { isFinal } from './states.ts'

/** Enough to see what it was; a poison message may be large. */
const MAX_BODY = 2_000

const AnyMessage = z.looseObject({ runId: z.string() })

/**
 * Takes leave of a dead letter: the run notes it and is due at once, so that the sweeper goes on with it; people are told.
 * A dead letter never ends a run by itself: the run's own deadline does.
 */
export async function bury(ports: RecordPorts, letter: Omit<BuriedMessage, 'runId' | 'at'>): Promise<void> {
  const runId = runIdOf(letter.body)
  const run = runId ? await ports.store.get(runId) : undefined
  const now = ports.clock()
  if (run && !isFinal(run.state)) {
    // A run that is being sent keeps its date: its worker may still be at it.
    const nextAt = run.state === 'submitting' ? run.nextAt : new Date(now).toISOString()
    const changes = { buried: run.buried + 1, nextAt }
    const saved = await ports.store.save(changed(run, run.state, changes, now))
    if (!saved) ports.log('info', 'run moved on while its dead letter was buried', { runId: run.id })
  }
  ports.log('error', 'message buried', { messageId: letter.messageId, queue: letter.queue, runId })
  await ports.publisher.messageBuried({
    ...letter,
    body: letter.body.slice(0, MAX_BODY),
    at: new Date(now).toISOString(),
    ...(runId ? { runId } : {}),
  })
}

function runIdOf(body: string): string | undefined {
  try {
    return AnyMessage.safeParse(JSON.parse(body)).data?.runId
  } catch {
    return undefined
  }
}
