import { writeSync } from 'node:fs'
import { openDatabase } from '../../../lib/local/sqlite/database.ts'
import { DatabaseError } from '../../../lib/local/sqlite/database-error.ts'
import { sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { newRun } from '../../ports/records.ts'

/** Opens a data folder and keeps it (`open`), or writes to it without end and prints what was acknowledged (`write`). */

const [, , command, folder = ''] = process.argv

/** Written before the next statement runs. */
const say = (line: string): void => void writeSync(1, `${line}\n`)

try {
  const database = openDatabase(folder)
  say('opened')
  if (command === 'write') {
    const [store, queue] = [sqliteStore(database), sqliteQueue(database, Date.now, () => {})]
    for (let index = 0; ; index++) {
      let run = await newRun(`k${index}`)
      await store.create(run)
      say(`${run.id} ${run.version}`)
      run = { ...run, version: 2, baseline: 'x'.repeat((index % 50) * 100) }
      await store.save(run)
      say(`${run.id} ${run.version}`)
      await queue.send('polls', { v: 1, runId: run.id, step: 1 }, 0)
      say(`${run.id} sent`)
    }
  }
  // The lock of the folder must not be lost to the garbage collector.
  setInterval(() => globalThis.gc?.(), 50)
} catch (error) {
  if (!(error instanceof DatabaseError)) throw error
  say(`${error.kind} ${error.message}`)
}
