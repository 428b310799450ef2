import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { type EventOrigin, eventPublisher } from '../notify/events.ts'
import type { Publisher } from '../runs/ports.ts'
import { CLIENT_TIMEOUTS } from './client-timeouts.ts'

/** Publishes CloudEvents. `type` and the other attributes are message attributes, so that subscribers can filter by them. */
export function snsPublisher(topicArn: string, origin: EventOrigin): Publisher {
  // Made for the first event: most sandboxes publish late, or never.
  let client: SNSClient | undefined
  return eventPublisher(origin, async (event, attributes) => {
    const all = Object.entries({ type: event.type, ...attributes })
    const MessageAttributes = Object.fromEntries(
      all.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    )
    client ??= new SNSClient(CLIENT_TIMEOUTS)
    await client.send(new PublishCommand({ TopicArn: topicArn, Message: JSON.stringify(event), MessageAttributes }))
  })
}
