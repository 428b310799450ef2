import { sha256 } from '../../basics/sha256.ts'

/**
 * The hash of a request as it is spelt, whatever the order of its fields. It must not change, for other releases compare it.
 * `isSameRequest` tells whether two runs request the same.
 */
export function fingerprintOf({ operation: { name }, target, params }: Spelt): string {
  const [sortedTarget, sortedParams] = [target, params].map((one) =>
    Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  return sha256(JSON.stringify(sortedParams?.length ? [name, sortedTarget, sortedParams] : [name, sortedTarget]))
}

interface Spelt {
  operation: { name: string }
  target: object
  params: object
}
