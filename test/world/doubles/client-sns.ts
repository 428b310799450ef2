import { world } from '../engine/current.ts'
import type { MessageAttributes } from '../engine/meter.ts'

/** Stands in for `@aws-sdk/client-sns` in a simulation: publishing, to the world's topic. */

interface Publication {
  Message: string
  MessageAttributes?: MessageAttributes
}

export class PublishCommand {
  readonly input: Publication

  constructor(input: Publication) {
    this.input = input
  }
}

export class SNSClient {
  async send(command: PublishCommand): Promise<object> {
    const { Message, MessageAttributes = {} } = command.input
    world().meter?.received(command.constructor.name)
    return world().topic.publish(Message, MessageAttributes)
  }
}
