import { jsonSchemaOf } from '../basics/json-schema.ts'
import { EVENT_DATA, type SchemaName } from './data.ts'
import { schemaAddress } from './schema-address.ts'

/** The JSON Schema of an event's data. `lib/notify/schemas` has the same, without an address. */
export function eventSchema(name: SchemaName, base?: string): Record<string, unknown> {
  const { $schema, ...schema } = jsonSchemaOf(EVENT_DATA[name])
  return { $schema, ...(base === undefined ? {} : { $id: schemaAddress(base, name) }), title: name, ...schema }
}
