import { world } from '../engine/current.ts'

/** Stands in for `@aws-sdk/client-sns` in a simulation: publishing, to the world's topic. */

export class PublishCommand {
  readonly input: { Message: string }

  constructor(input: { Message: string }) {
    this.input = input
  }
}

export class SNSClient {
  async send({ input }: PublishCommand): Promise<object> {
    return world().topic.publish(input.Message)
  }
}
