import { DeleteMessageBatchCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs'
import type { Invoke } from '../lambda/functions.ts'
import type { Mapping } from '../template/model.ts'
import { succeededIds } from './batch-result.ts'
import { receiveMessages, repeatUntil } from './queue-reader.ts'
import { sqsEvent } from './sqs-event.ts'

export interface MappingPorts {
  sqs: SQSClient
  queue: { url: string; arn: string }
  invoke: Invoke
  /** Batches in flight at once, at most; more than the function has sandboxes would only age in their visibility time-out. */
  concurrency: number
  onError: (error: unknown) => void
}

// The most messages that one receive or delete call of SQS takes.
const SQS_BATCH = 10

/**
 * Reads a queue for a function, as a Lambda event source mapping does: takes a batch, invokes, deletes what succeeded.
 * What failed comes back by itself when its visibility time-out ends.
 *
 * The returned function stops receiving at once and resolves when the batches in flight have ended.
 */
export function startMapping(mapping: Mapping, ports: MappingPorts): () => Promise<void> {
  const stop = new AbortController()
  const inFlight = new Set<Promise<void>>()
  const turn = async () => {
    if (inFlight.size >= ports.concurrency) await Promise.race(inFlight)
    const max = Math.min(SQS_BATCH, mapping.batchSize)
    const messages = await receiveMessages(ports.sqs, ports.queue.url, { max, signal: stop.signal })
    if (messages.length === 0 || stop.signal.aborted) return
    const work: Promise<void> = runBatch(mapping, ports, messages)
      .catch(ports.onError)
      .finally(() => inFlight.delete(work))
    inFlight.add(work)
  }
  const loop = repeatUntil(stop.signal, turn, ports.onError)
  return async () => {
    stop.abort()
    await loop
    await Promise.all(inFlight)
  }
}

async function runBatch(mapping: Mapping, { sqs, queue, invoke }: MappingPorts, messages: Message[]): Promise<void> {
  const response = await invoke(mapping.function, sqsEvent(messages, queue.arn))
  const ids = messages.map(({ MessageId = '' }) => MessageId)
  const succeeded = new Set(mapping.reportsItemFailures ? succeededIds(ids, response) : ids)
  const entries = messages
    .filter(({ MessageId = '' }) => succeeded.has(MessageId))
    .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
  for (let start = 0; start < entries.length; start += SQS_BATCH) {
    const Entries = entries.slice(start, start + SQS_BATCH)
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }))
  }
}
