import * as z from 'zod'
import { inParallel, throwFailures } from '../basics/parallel.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { Alarm } from './alarm.ts'
import { own } from './field-of.ts'

/** Tells our own message apart from the events of AWS that the alarms queue has as well. */
const KIND = 'steadyhand.alarms'

/**
 * Alarms of any source that were read, and are still to be decided. `v` tells a message of another release apart: it is parked,
 * and people are told.
 */
const AlarmsMessage = z.strictObject({
  kind: z.literal(KIND),
  v: z.literal(1),
  source: z.string(),
  /** Id of the delivery that they came with. */
  delivery: z.string(),
  /** Of several; no two messages of a delivery are the same. */
  part: z.number().int(),
  alarms: z.array(Alarm).min(1),
})
type AlarmsMessage = z.infer<typeof AlarmsMessage>

/** Whether it is a message of ours, of whatever release. */
export function isAlarmsMessage(body: unknown): boolean {
  return own(body, 'kind') === KIND
}

/** @returns undefined where it is none of this release */
export function readAlarmsMessage(body: unknown): AlarmsMessage | undefined {
  return AlarmsMessage.safeParse(body).data
}

/** Decided in a second or two by the function that reads the queue: it never hands on what was handed on to it. */
const MAX_ALARMS = 25

/** SQS takes 256 KiB everywhere, its attributes included. */
const MAX_BYTES = 200 * 1024

/** So many messages at a time. */
const WIDTH = 10

/** Whether a message has room for it. */
export function canBeHandedOn(alarm: Alarm): boolean {
  return bytesOf(alarm) <= MAX_BYTES
}

/** Hands alarms on to whoever reads the alarms queue. @throws where one message is not taken: the sender tries again */
export async function handOn(
  { queue }: Pick<RecordPorts, 'queue'>,
  { source, delivery }: Pick<AlarmsMessage, 'source' | 'delivery'>,
  alarms: Alarm[],
): Promise<void> {
  const messages = parted(alarms).map(
    (some, part): AlarmsMessage => ({ kind: KIND, v: 1, source, delivery, part, alarms: some }),
  )
  const send = (message: AlarmsMessage): Promise<void> => queue.sendBack('alarms', JSON.stringify(message))
  const { failures } = await inParallel(messages, send, { atOnce: WIDTH })
  throwFailures(failures)
}

function parted(alarms: Alarm[]): Alarm[][] {
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
