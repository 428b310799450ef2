import { DeleteMessageBatchCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs'
import type { Invoke } from '../lambda/functions.ts'
import type { Mapping } from '../template/model.ts'
import { succeededIds } from './batch-result.ts'
import { receiveMessages, repeatUntil } from './queue-reader.ts'
import { sqsEvent } from './sqs-event.ts'

export type MappingPorts = {
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
 * Reads a queue for a function, as a Lambda event source mapping does: collects a batch, invokes, deletes what succeeded.
 * What failed comes back by itself when its visibility time-out ends.
 *
 * The returned function stops receiving at once and resolves when the batches in flight have ended.
 */
export function startMapping(mapping: Mapping, ports: MappingPorts): () => Promise<void> {
  const stop = new AbortController()
  const inFlight = new Set<Promise<void>>()
  const turn = async () => {
    if (inFlight.size >= ports.concurrency) await Promise.race(inFlight)
    const messages = await collectBatch(mapping, ports, stop.signal)
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

/** Waits for a first message, then for more until the batch is full or its window, counted from the first, is over. */
async function collectBatch(mapping: Mapping, { sqs, queue }: MappingPorts, signal: AbortSignal): Promise<Message[]> {
  // By id: a message that comes back within the window replaces itself, since only its newest receipt handle deletes it.
  const batch = new Map<string | undefined, Message>()
  const receive = async (waitSeconds?: number) => {
    const max = Math.min(SQS_BATCH, mapping.batchSize - batch.size)
    const wait = waitSeconds === undefined ? {} : { waitSeconds }
    for (const message of await receiveMessages(sqs, queue.url, { max, signal, ...wait }))
      batch.set(message.MessageId, message)
  }
  await receive()
  const until = Date.now() + mapping.windowSeconds * 1000
  while (batch.size > 0 && batch.size < mapping.batchSize && Date.now() < until && !signal.aborted) {
    // Whole seconds are all that SQS takes, so the last wait may run over by less than one.
    await receive(Math.min(20, Math.ceil((until - Date.now()) / 1000)))
  }
  return [...batch.values()]
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
