import { keepDeadLetter } from '../dead-letters/keep.ts'
import type { Delivered } from '../dead-letters/take.ts'
import type { Result } from '../runs/delivery.ts'
import { readAlarmEvent } from './alarms/cloudwatch.ts'
import type { ReceiveContext } from './decide.ts'
import { isAlarmsMessage, readAlarmsMessage } from './hand-on.ts'
import { receiveEvent } from './receive.ts'

/** Receives alarms from AWS events and from the alarms queue. */
export interface AlarmReceiver {
  /** Receives one AWS event: starts the runs that the rules name, or says why it starts none. */
  receive(event: unknown): Promise<Result[]>
  /** Handles one message of the alarms queue. A message of another release becomes a dead letter: no retry can read it. */
  take(delivered: Delivered): Promise<void>
}

export function alarmReceiver(context: ReceiveContext): AlarmReceiver {
  const receive = (event: unknown): Promise<Result[]> =>
    receiveEvent(context, { source: 'cloudwatch', event, items: readAlarmEvent(event) })
  return {
    receive,
    take: async (delivered) => {
      const body: unknown = JSON.parse(delivered.body)
      if (!isAlarmsMessage(body)) return void (await receive(body))
      const message = readAlarmsMessage(body)
      if (!message) return keepDeadLetter(context.ports, { ...delivered, from: 'alarms' })
      const items = message.alarms.map((alarm) => ({ alarm }))
      await receiveEvent(context, { source: message.source, event: message, items })
    },
  }
}
