import { boundedText } from '../basics/bounded-text.ts'
import type { CloudEvent } from './cloud-event.ts'

/**
 * Every intermediary forwards an event of 64 KiB (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#size-limits),
 * and SNS bills so much as one message. The rest is for its attributes.
 */
const MAX_BYTES = 64 * 1024 - 2 * 1024

/** The size to which a single long text is cut. */
const MAX_TEXT_BYTES = 16 * 1024

/**
 * The event within 64 KiB: long texts are cut, then the largest fields are left out, one after the other, and `data.cut` names
 * them. All but `dataschema` always stays.
 */
export function boundedEvent(event: CloudEvent): CloudEvent {
  if (bytesOf(event) <= MAX_BYTES) return event
  // What is left out may be what its schema requires.
  const { dataschema, ...named } = event
  if (typeof event.data !== 'object' || event.data === null) return { ...named, data: { cut: ['data'] } }
  const data = new Map(Object.entries(event.data).map(([name, value]) => [name, shortened(value)]))
  const cut: string[] = []
  const bounded = (): CloudEvent => ({ ...named, data: { ...Object.fromEntries(data), cut } })
  while (data.size > 0 && bytesOf(bounded()) > MAX_BYTES) {
    const [[largest] = ['']] = [...data].toSorted(([, a], [, b]) => bytesOf(b) - bytesOf(a))
    data.delete(largest)
    // The name of a field may be of any length, too.
    cut.push(boundedText(largest, 200))
  }
  return bounded()
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') return boundedText(value, MAX_TEXT_BYTES)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    typeof field === 'string' ? boundedText(field, MAX_TEXT_BYTES) : field,
  ])
  return Object.fromEntries(fields)
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}
