import { world } from './current.ts'
import type { MessageAttributes } from './meter.ts'
import { note, request } from './request.ts'

/** A CloudEvent, as far as those who judge read it. */
export interface Delivery {
  at: number
  id: string
  type: string
  subject: string
  data: Partial<Record<'id' | 'state' | 'runId' | 'messageId' | 'body' | 'reason' | 'of' | 'episodeId', string>>
}

export interface Topic {
  publish(message: string, attributes: MessageAttributes): Promise<object>
  /** On one machine: people read it in the log, at once. */
  hear(event: Omit<Delivery, 'at'>): void
  deliveries: Delivery[]
}

/** One SNS topic with a subscriber that keeps everything. */
export function createTopic(): Topic {
  const deliveries: Delivery[] = []
  const hear = (event: Omit<Delivery, 'at'>): void => {
    deliveries.push({ ...event, at: world().clock.now() })
    world().witness.published(event.type, event.data.id)
    note(`told: ${event.type} ${event.id}`, event.data.id ? [event.data.id] : [])
  }
  return {
    deliveries,
    hear,
    publish: (message, attributes) => {
      const event = JSON.parse(message) as Omit<Delivery, 'at'> // our own CloudEvent
      return request('topic', `publish ${event.type}`, () => {
        world().meter?.used({ kind: 'publish', message, attributes })
        hear(event)
        return { MessageId: String(deliveries.length) }
      })
    },
  }
}
