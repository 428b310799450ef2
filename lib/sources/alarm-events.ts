import { keepDeadLetter } from '../dead-letters/keep.ts'
import type { Delivered } from '../dead-letters/take.ts'
import type { Result } from '../runs/delivery.ts'
import { readAlarmEvent } from './alarms/cloudwatch.ts'
import type { ReceiveContext } from './decide.ts'
import { isAlarmsMessage, readAlarmsMessage } from './hand-on.ts'
import { receiveEvent } from './receive.ts'

/** Alarms that come as events of AWS, or as messages of the alarms queue. */
export interface AlarmReceiver {
  /** An alarm's change of state: starts the run that the rules name, or says why it starts none. */
  receive(event: unknown): Promise<Result[]>
  /** What was sent back, or handed on by a webhook. Ours of another release is buried at once: another try reads it no better. */
  take(delivered: Delivered): Promise<void>
}

export function alarmReceiver(receiving: ReceiveContext): AlarmReceiver {
  const receive = (event: unknown): Promise<Result[]> =>
    receiveEvent(receiving, 'cloudwatch', event, readAlarmEvent(event))
  return {
    receive,
    take: async (delivered) => {
      const body: unknown = JSON.parse(delivered.body)
      if (!isAlarmsMessage(body)) return void (await receive(body))
      const message = readAlarmsMessage(body)
      if (!message) return keepDeadLetter(receiving.ports, { ...delivered, from: 'alarms' })
      const readings = message.alarms.map((alarm) => ({ alarm }))
      await receiveEvent(receiving, message.source, message, readings)
    },
  }
}
