import { EVENT_TYPES } from '../../notify/types.ts'

type Json = Record<string, unknown>

/**
 * The events of the notifications topic. Their schema is any object, because generators of clients do not understand schemas
 * that only webhooks have; `dataschema` of each event has the address of the schema of its data.
 */
export function webhooks(): Json {
  return Object.fromEntries(
    Object.entries(EVENT_TYPES).map(([type, { says, subject, schema }]) => [
      type,
      {
        post: {
          operationId: `on.${type}`.replaceAll(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase()),
          tags: ['service'],
          summary: `Says that ${says}`,
          description: `A CloudEvent (JSON format) of type \`${type}\`. Its \`subject\` is ${subject}, its \`data\` has the schema at /schemas/${schema}.`,
          requestBody: {
            required: true,
            description: 'The event',
            content: { 'application/cloudevents+json': { schema: { type: 'object' } } },
          },
          responses: { 204: { description: 'Received' } },
        },
      },
    ]),
  )
}
