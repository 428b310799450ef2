import type { Reader } from '../../../../lib/local/workers.ts'
import { type Scope, scope, world } from '../current.ts'
import { runIdsIn } from '../queues.ts'
import { note } from '../request.ts'
import { type Life, workerIn } from './life.ts'

/** Which function has its place on AWS: by that name those who judge know it. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  submissions: 'submit-run',
  polls: 'poll-run',
  alarms: 'receive-alarm',
}

/** A reader whose every message is handled by a worker of its own. */
export function seenReader(reader: Reader, life: Life): Reader {
  const name = FUNCTIONS[reader.queue] ?? 'bury-message'
  return {
    ...reader,
    handle: async (delivered, deadlineAtMs) => {
      const { body } = delivered
      const runs = runIdsIn(body)
      const worker = workerIn(life, {
        name,
        number: ++world().lambda.invocations,
        runs,
        concern: runs[0] ?? reader.queue,
      })
      const by: Scope = { worker, concern: worker.concern, message: { runIds: runs, lineage: {}, body } }
      try {
        await scope.run(by, () => reader.handle(delivered, deadlineAtMs))
      } catch (error) {
        scope.run(by, () => note(`fails: ${error}`))
        throw error
      } finally {
        life.workers.delete(worker)
      }
    },
  }
}
