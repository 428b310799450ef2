import { idOf, type Wish } from './wishes.ts'

/** As EventBridge tells of it. The same change of the same alarm, however often it is told. */
export function alarmEvent({ operation, targets, at, occurredAt = at, key, alarm }: Wish): object {
  const { name, state } = alarm ?? { name: operation, state: 'ALARM' }
  const dimensions = { target: idOf(targets[0] ?? {}) }
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    account: '111122223333',
    region: 'eu-west-1',
    resources: [`arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${key}`],
    detail: {
      alarmName: name,
      state: { value: state, reason: 'as this world has it', timestamp: new Date(occurredAt).toISOString() },
      previousState: { value: state === 'OK' ? 'ALARM' : 'OK' },
      configuration: { metrics: [{ metricStat: { metric: { dimensions } } }] },
    },
  }
}
