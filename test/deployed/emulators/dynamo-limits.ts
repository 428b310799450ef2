import * as z from 'zod'
import { jsonOf } from '../../../lib/basics/json-of.ts'

/** A value of an attribute is the first level, as DynamoDB counts: 31 maps around a text are taken, 32 are not. */
const MAX_LEVELS = 32
const MAX_EXPRESSION_BYTES = 4096

const Values = z.record(z.string(), z.unknown())
const Request = z.looseObject({
  TableName: z.string().default(''),
  /** Of a new table: the keys of it and of its indexes. */
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string() })).optional(),
  Item: Values.default({}),
  ExpressionAttributeValues: Values.default({}),
})

/**
 * What DynamoDB refuses of a request, and dynalite does not.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 * @returns from the JSON of each request, in order, the message of the refusal
 */
export function dynamoLimits(): (body: string) => string | undefined {
  const keysOf = new Map<string, string[]>()
  return (body) => {
    const request = Request.safeParse(jsonOf(body)).data
    if (!request) return undefined
    const { TableName, AttributeDefinitions, Item, ExpressionAttributeValues, ...others } = request
    if (AttributeDefinitions)
      keysOf.set(
        TableName,
        AttributeDefinitions.map(({ AttributeName }) => AttributeName),
      )
    const tooLong = Object.entries(others).find(([name, value]) => isLongExpression(name, value))
    if (tooLong) return `Invalid ${tooLong[0]}: Expression size has exceeded the maximum allowed size;`
    const empty = keysOf.get(TableName)?.find((name) => isEmptyText(Item[name]))
    if (empty !== undefined) {
      return `One or more parameter values are not valid. A value specified for a key is an empty string value. Key: ${empty}`
    }
    const values = [Item, ExpressionAttributeValues].flatMap((some) => Object.values(some))
    if (values.every((value) => levelsOf(value) <= MAX_LEVELS)) return undefined
    return 'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'
  }
}

function isLongExpression(name: string, value: unknown): boolean {
  return name.endsWith('Expression') && Buffer.byteLength(String(value)) > MAX_EXPRESSION_BYTES
}

function isEmptyText(value: unknown): boolean {
  return z.object({ S: z.literal('') }).safeParse(value).success
}

const Nested = z.union([
  z.object({ M: Values }).transform(({ M }) => Object.values(M)),
  z.object({ L: z.array(z.unknown()) }).transform(({ L }) => L),
])

function levelsOf(value: unknown): number {
  const below = Nested.safeParse(value).data ?? []
  return 1 + Math.max(0, ...below.map(levelsOf))
}
