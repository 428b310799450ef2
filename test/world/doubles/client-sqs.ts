import { world } from '../engine/current.ts'
import type { SendEntry } from '../engine/queues.ts'

/** Stands in for `@aws-sdk/client-sqs` in a simulation: sending, over the world's queues. */

type Batch = { QueueUrl: string; Entries: (SendEntry & { Id: string })[] }

export class SendMessageCommand {
  readonly input: SendEntry & { QueueUrl: string }

  constructor(input: SendEntry & { QueueUrl: string }) {
    this.input = input
  }
}

export class SendMessageBatchCommand {
  readonly input: Batch

  constructor(input: Batch) {
    this.input = input
  }
}

export class SQSClient {
  async send(command: SendMessageCommand | SendMessageBatchCommand): Promise<object> {
    const { queues, meter } = world()
    const { input } = command
    meter?.received(command.constructor.name)
    return 'Entries' in input ? queues.sendBatch(input.QueueUrl, input.Entries) : queues.send(input.QueueUrl, input)
  }
}
