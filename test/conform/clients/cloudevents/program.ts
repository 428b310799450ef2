import { readFileSync } from 'node:fs'
import { CloudEvent, HTTP } from 'cloudevents'

// Each event as a receiver of the structured mode gets it.
const events: unknown[] = JSON.parse(readFileSync('events.json', 'utf8'))
for (const event of events) {
  const headers = { 'content-type': 'application/cloudevents+json' }
  const received = HTTP.toEvent({ headers, body: JSON.stringify(event) })
  if (!(received instanceof CloudEvent)) throw new Error('not one event')
  received.validate()
  console.log(received.type, received.subject)
}
