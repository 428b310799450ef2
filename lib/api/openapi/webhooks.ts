import { EVENT_TYPES } from '../../notify/types.ts'
import type { Json } from './json.ts'

/**
 * The events of the notifications topic, each as a path item among the components: generators of clients make code for the
 * webhooks of a document that does not compile, and leave out those that are only referred to.
 */
export function webhooks(): { webhooks: Json; pathItems: Json } {
  const items = Object.entries(EVENT_TYPES).map(([type, event]) => ({ type, name: nameOf(type), event }))
  return {
    webhooks: Object.fromEntries(items.map(({ type, name }) => [type, { $ref: `#/components/pathItems/${name}` }])),
    pathItems: Object.fromEntries(
      items.map(({ type, name, event }) => [name, { post: operationOf(type, name, event) }]),
    ),
  }
}

/** `dev.steadyhand.run.timed-out` -> `RunTimedOut` */
function nameOf(type: string): string {
  const words = type.split(/[.-]/).slice(2)
  return words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('')
}

function operationOf(type: string, name: string, { says, subject, schema }: (typeof EVENT_TYPES)[string]): Json {
  return {
    operationId: `on${name}`,
    tags: ['events'],
    summary: `Says that ${says}`,
    description: `The \`subject\` is ${subject}. The \`data\` has the schema at \`/schemas/${schema}\`.`,
    requestBody: {
      required: true,
      description: 'The event',
      content: { 'application/cloudevents+json': { schema: cloudEvent(type) } },
    },
    responses: { 204: { description: 'Received' } },
  }
}

const text = (description: string): Json => ({ type: 'string', description })

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/cloudevents.json */
function cloudEvent(type: string): Json {
  return {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'],
    properties: {
      specversion: text('Version of CloudEvents: `1.0`'),
      id: text('The same however often the event is sent'),
      source: text('The deployment: `urn:steadyhand:…`'),
      type: { type: 'string', enum: [type], description: 'Type of the event' },
      subject: text('What it is about'),
      time: { type: 'string', format: 'date-time', description: 'When it happened' },
      datacontenttype: text('`application/json`'),
      dataschema: text('Address of the JSON Schema of `data`'),
      partitionkey: text('Events of one key are in order'),
      traceparent: text('Trace context (W3C)'),
      data: { type: 'object', description: 'The facts', additionalProperties: true },
    },
    additionalProperties: true,
  }
}
