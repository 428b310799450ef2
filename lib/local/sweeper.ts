import type { RecordPorts } from '../runs/ports.ts'
import { resume, sweep } from '../runs/sweep.ts'
import { startPeriodic } from './periodic.ts'
import type { Database } from './sqlite/database.ts'
import { expirer } from './sqlite/expire.ts'
import type { LocalQueue } from './sqlite/queue.ts'
import type { Time } from './time.ts'

const EVERY_MS = 60_000
const TIMEOUT_MS = 50_000

/** Continues at once everything that a process before this one had begun. */
export async function takeOver(ports: RecordPorts, queue: LocalQueue): Promise<void> {
  const nowMs = ports.clock()
  await queue.releaseAll(nowMs)
  await resume(ports, nowMs + TIMEOUT_MS)
}

/** Each minute: revives runs that should have moved, then deletes expired records. @returns stops it */
export function startSweeper(ports: RecordPorts, database: Database, time: Time): () => Promise<void> {
  const expire = expirer(database)
  const orLogged = async (message: string, work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => ports.log('error', message, { error: String(error) }))
  }
  return startPeriodic(time, EVERY_MS, async () => {
    await orLogged('sweep failed', sweep(ports, ports.clock() + TIMEOUT_MS))
    // Also after a failed sweep: deleting makes room on a full disk.
    await orLogged('nothing expired', expire(ports.clock()))
  })
}
