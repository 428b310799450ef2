/** Sizes and units as AWS documents them. */

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
const WRITE_UNIT_BYTES = 1024
const READ_UNIT_BYTES = 4096

/** SQS and SNS bill each part of so many bytes as one request. https://aws.amazon.com/sqs/pricing/ */
const CHUNK_BYTES = 65_536

/** A list or map has so many bytes of its own, and so many for each element. */
const COLLECTION_BYTES = 3
const ELEMENT_BYTES = 1

/**
 * The size of an item that DynamoDB bills.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Readonly<Record<string, unknown>>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + textBytes(name) + valueBytes(value), 0)
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return textBytes(value)
  if (typeof value === 'number') return numberBytes(value)
  if (typeof value === 'boolean' || value === null) return 1
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, one) => sum + ELEMENT_BYTES + valueBytes(one), COLLECTION_BYTES)
  }
  if (typeof value === 'object') {
    return COLLECTION_BYTES + ELEMENT_BYTES * Object.keys(value).length + itemBytes({ ...value })
  }
  throw new Error(`nobody knows the size of a ${typeof value}`)
}

/** One byte for two significant digits, and one more; zeros at both ends do not count. */
function numberBytes(value: number): number {
  const digits = value
    .toExponential()
    .replace(/e.*$/, '')
    .replaceAll(/\D/g, '')
    .replaceAll(/^0+|0+$/g, '').length
  return Math.ceil(digits / 2) + 1
}

export function textBytes(text: string): number {
  return Buffer.byteLength(text)
}

/** Of one item. Even what is not there costs one unit. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES))
}

/** Of one item, or of all that a query reads. Even what is not there costs. */
export function readUnits(bytes: number, { isConsistent }: { isConsistent: boolean }): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (isConsistent ? 1 : 0.5)
}

/** Requests that SQS bills for one call, and SNS for one publication. */
export function chunks(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / CHUNK_BYTES))
}
