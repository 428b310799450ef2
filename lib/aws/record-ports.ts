import { Logger } from '@aws-lambda-powertools/logger'
import { rememberingDurations } from '../runs/durations/remembered.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { RunsConfig } from './config.ts'
import { sqsQueue } from './queue.ts'
import { LAYOUTS } from './store/layout.ts'
import { documents, dynamoStore } from './store.ts'
import { snsPublisher } from './topic.ts'

/** The ports of every function on AWS, made once for each sandbox to keep connections open. */
export function recordPorts(config: RunsConfig): RecordPorts {
  const logger = new Logger()
  return {
    store: rememberingDurations(dynamoStore(config.RUNS_TABLE, documents(), LAYOUTS[config.TABLE_STEP]), Date.now),
    queue: sqsQueue({
      submissions: config.SUBMISSIONS_QUEUE_URL,
      polls: config.POLLS_QUEUE_URL,
      alarms: config.ALARMS_QUEUE_URL,
    }),
    publisher: snsPublisher(config.NOTIFICATIONS_TOPIC_ARN, {
      source: config.EVENT_SOURCE,
      apiUrl: () => config.PUBLIC_URL,
    }),
    clock: Date.now,
    log: (level, message, fields) => logger[level](message, fields as Record<string, string>), // any JSON value can be logged
  }
}
