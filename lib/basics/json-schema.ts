import * as z from 'zod'

/** A JSON Schema (2020-12) of a zod schema, as readers of other languages understand it. */
export function jsonSchemaOf(schema: z.core.$ZodType, io: 'input' | 'output' = 'output'): Record<string, unknown> {
  return z.toJSONSchema(schema, { io, override: tidied(io) })
}

/** Removes what tells a reader nothing, and what code generators misread. */
export function tidied(io: 'input' | 'output') {
  return ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    if (jsonSchema.format) delete jsonSchema.pattern
    // Keys of JSON are strings.
    delete jsonSchema.propertyNames
    // The bounds of safe integers.
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    if (io === 'input') return
    // A later release may add fields to answers: some generated clients refuse them unless this says so.
    if (jsonSchema.properties) jsonSchema.additionalProperties = true
  }
}
