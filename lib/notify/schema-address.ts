import type { SchemaName } from './data.ts'

/** The address of the JSON Schema of an event's data. */
export function schemaAddress(base: string, name: SchemaName): string {
  return `${base}/schemas/${name}`
}
