import type { Service } from '../world/engine/request.ts'

/** What is not counted, but assumed. */

interface Assumption {
  value: number
  unit: string
  source: string
}

/** A request and its answer, seen by a function. Requests of one invocation that are under way at once are waited for once. */
export const ROUND_TRIPS: Readonly<Record<Service | 'cloud', Assumption>> = {
  table: {
    ...{ value: 6, unit: 'ms' },
    source:
      'single-digit milliseconds: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html',
  },
  queue: {
    ...{ value: 12, unit: 'ms' },
    source: 'tens of milliseconds at most: https://softwaremill.com/amazon-sqs-performance-latency/',
  },
  topic: { ...{ value: 20, unit: 'ms' }, source: 'an estimate: no figure of AWS was found' },
  cloud: { ...{ value: 200, unit: 'ms' }, source: 'an estimate: an API of another cloud, on another continent' },
}

/**
 * At this size a function has one whole processor; a smaller one has its share.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
export const WHOLE_PROCESSOR_MB = 1769

/**
 * Batches that Lambda polls a quiet queue for at once. It may go down to two where no maximum concurrency is set.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const POLLERS_A_QUEUE = 5

/**
 * The longest that SQS holds a poll: Lambda is taken to wait as long.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 */
export const POLL_SECONDS = 20

/** Hours of a mean month. */
export const MONTH_HOURS = 730

/** What CloudWatch Logs adds to each line. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const LOG_LINE_BYTES = 26

/** What DynamoDB adds to each stored item, in the table and in each index: CapacityUnitCalculations.html, GSI.html */
export const STORED_ITEM_BYTES = 100

/** Write units that one partition takes a second. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
export const PARTITION_WRITE_UNITS = 1_000

/**
 * How long a function computes, on a whole processor, for one invocation (ms): medians of warm invocations of the packaged
 * functions, with the AWS SDK, on emulated AWS and simulated clouds, without TLS. `npm run cost -- --calibrate` measures
 * them; these are of 2026-11-30, rounded, of a x86 core that had other work, too. A core of Lambda is taken to be as fast.
 * The last is an estimate: nothing is buried where nothing goes wrong.
 */
export const CPU_MS: Readonly<Record<string, number>> = {
  api: 11,
  'receive-alarm': 5,
  'receive-webhook': 5,
  'submit-run': 14,
  'poll-run': 8.5,
  'sweep-runs': 15,
  'bury-message': 8.5,
}

/** How often a warm sandbox reads the secret: lib/aws/secret.ts. */
export const SECRET_FRESH_MINUTES = 5
