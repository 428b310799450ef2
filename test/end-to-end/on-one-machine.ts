import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMachine } from '../../lib/local/machine.ts'
import { timeAt } from '../../lib/local/time.ts'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { openBeside } from './database-beside.ts'
import type { HomeMachine, HomeOptions, LogLine } from './home.ts'

/** The product in this process, on a folder of its own. */
export async function startOnOneMachine({ dcs, emr, speed }: HomeOptions & { speed: number }): Promise<HomeMachine> {
  const root = join(import.meta.dirname, '../..')
  const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-test-'))
  const lines: LogLine[] = []
  const told: CloudEvent[] = []
  const time = timeAt(speed)
  const machine = await startMachine({
    ...{ root, dataDir, port: 0, environment: {}, dcs, emr, time },
    log: (level, message, fields) => lines.push({ level, message, ...fields }),
    onNotified: (event) => told.push(event),
  })
  const { url, webhooks, simulatedDcs, simulatedEmr } = machine
  if (!simulatedDcs || !simulatedEmr) throw new Error('a simulated cloud is missing')
  const database = openBeside(dataDir)
  return {
    ...{ url, dataDir, webhooks, simulatedDcs, simulatedEmr, clock: time.clock },
    told: () => told,
    logLines: () => lines,
    everythingKept: async () => database.everything(),
    send: async (queue, body) => {
      const id = randomUUID()
      database.putMessage({ id, queue, body, nowMs: time.clock() })
      return id
    },
    nameOf: (queue) => queue,
    store: database.store,
    close: async () => {
      database.close()
      await machine.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
