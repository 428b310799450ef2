import type { Notification } from './topic-reader.ts'

/** The event by which SNS hands a message to a function. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function snsEvent(notification: Notification, subscriptionArn: string) {
  const { Subject = null, ...rest } = notification
  return {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: subscriptionArn,
        EventSource: 'aws:sns',
        Sns: { Type: 'Notification', ...rest, Subject },
      },
    ],
  }
}
