import * as z from 'zod'
import { inParallel, noFailure, throwFailures } from '../basics/parallel.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { Alarm } from './alarm.ts'
import { own } from './field-of.ts'

/** Marks our own messages: the alarms queue also has events of AWS. */
const KIND = 'steadyhand.alarms'

/**
 * Alarms of any source that were read and are not decided yet. A message with another `v` is of another release, and becomes
 * a dead letter.
 */
const AlarmsMessage = z.strictObject({
  kind: z.literal(KIND),
  v: z.literal(1),
  source: z.string(),
  /** Id of the delivery that had these alarms. */
  delivery: z.string(),
  /** Index among the messages of the delivery, which makes each of them unique. */
  part: z.number().int(),
  alarms: z.array(Alarm).min(1),
})
type AlarmsMessage = z.infer<typeof AlarmsMessage>

/** Whether it is a message of Steadyhand, of any release. */
export function isAlarmsMessage(body: unknown): boolean {
  return own(body, 'kind') === KIND
}

/** @returns undefined for a message of another release */
export function readAlarmsMessage(body: unknown): AlarmsMessage | undefined {
  return AlarmsMessage.safeParse(body).data
}

/** As many as the function that reads the queue decides in a second or two; it never hands them on again. */
const MAX_ALARMS = 25

/** SQS accepts 256 KiB in every region, attributes included. */
const MAX_BYTES = 200 * 1024

/** Messages sent at a time. */
const CONCURRENCY = 10

/** Whether one message has room for the alarm. */
export function canBeHandedOn(alarm: Alarm): boolean {
  return bytesOf(alarm) <= MAX_BYTES
}

/** Sends alarms to the alarms queue. @throws if one message could not be sent: the sender then retries the delivery */
export async function handOn(
  { queue }: Pick<RecordPorts, 'queue'>,
  { source, delivery }: Pick<AlarmsMessage, 'source' | 'delivery'>,
  alarms: Alarm[],
): Promise<void> {
  const messages = partsOf(alarms).map(
    (some, part): AlarmsMessage => ({ kind: KIND, v: 1, source, delivery, part, alarms: some }),
  )
  const send = (message: AlarmsMessage): Promise<void> => queue.sendBack('alarms', JSON.stringify(message))
  const { failures } = await inParallel(messages, send, { atOnce: CONCURRENCY, mayGoOn: noFailure })
  throwFailures(failures)
}

function partsOf(alarms: Alarm[]): Alarm[][] {
  const parts: Alarm[][] = []
  let bytes = 0
  for (const alarm of alarms) {
    const more = bytesOf(alarm)
    const part = parts.at(-1)
    if (part && part.length < MAX_ALARMS && bytes + more <= MAX_BYTES) {
      part.push(alarm)
      bytes += more
    } else {
      parts.push([alarm])
      bytes = more
    }
  }
  return parts
}

function bytesOf(alarm: Alarm): number {
  return Buffer.byteLength(JSON.stringify(alarm))
}
