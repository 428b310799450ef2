import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import {
  boundedEvent,
  type CloudEvent,
  limitReachedEvent,
  messageDeadLetteredEvent,
  requestRefusedEvent,
  runEndedEvent,
} from '../notify/events.ts'
import type { Publisher } from '../runs/ports.ts'
import { CLIENT_TIMEOUTS } from './client-timeouts.ts'

/** Publishes CloudEvents. `type` is a message attribute as well, so that subscribers can filter by it. */
export function snsPublisher(topicArn: string, client = new SNSClient(CLIENT_TIMEOUTS)): Publisher {
  const publish = async (whole: CloudEvent): Promise<void> => {
    const event = boundedEvent(whole)
    const MessageAttributes = { type: { DataType: 'String', StringValue: event.type } }
    await client.send(new PublishCommand({ TopicArn: topicArn, Message: JSON.stringify(event), MessageAttributes }))
  }
  return {
    runEnded: (run) => publish(runEndedEvent(run)),
    messageDeadLettered: (deadLetter) => publish(messageDeadLetteredEvent(deadLetter)),
    requestRefused: (refusal) => publish(requestRefusedEvent(refusal)),
    limitReached: (reached) => publish(limitReachedEvent(reached)),
  }
}
