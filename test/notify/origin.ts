import type { EventOrigin } from '../../lib/notify/events.ts'

/** A deployment that events come from. */
export const ORIGIN: EventOrigin = {
  source: 'urn:steadyhand:123456789012:eu-west-1:test',
  apiUrl: () => 'https://steadyhand.test',
}
