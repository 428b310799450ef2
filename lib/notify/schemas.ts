import { jsonSchemaOf } from '../basics/json-schema.ts'
import { EVENT_DATA, type SchemaName } from './data.ts'

/** The JSON Schema of an event's data. `lib/notify/schemas` has the same, without an address. */
export function eventSchema(name: SchemaName, base?: string): Record<string, unknown> {
  const { $schema, ...schema } = jsonSchemaOf(EVENT_DATA[name])
  return { $schema, ...(base === undefined ? {} : { $id: schemaAddress(base, name) }), title: name, ...schema }
}

export function schemaAddress(base: string, name: SchemaName): string {
  return `${base}/schemas/${name}`
}
