import { describe, expect, test } from 'vitest'
import { deliveryIdOf, type Incoming, newDelivery } from '../../lib/deliveries/delivery.ts'

const body = Buffer.from('{"a":1}')
const ONE = { source: 'jira', deliveryId: 'one', body, identifiedBy: 'body' } as const

describe('the id of a delivery', () => {
  test.for<[string, Partial<Incoming>, Partial<Incoming>, boolean]>([
    ['the same body', {}, { body: Buffer.from('{"a":1}') }, true],
    ['the same body under another id', {}, { deliveryId: 'two' }, true],
    ['the same body under no id', {}, { deliveryId: undefined }, true],
    ['another body', {}, { body: Buffer.from('{"a":2}') }, false],
    ['another source', {}, { source: 'github' }, false],
    ['the same body and signed id', { identifiedBy: 'id and body' }, { body: Buffer.from('{"a":1}') }, true],
    ['the same body under another signed id', { identifiedBy: 'id and body' }, { deliveryId: 'two' }, false],
    ['another body under the signed id', { identifiedBy: 'id and body' }, { body: Buffer.from('{}') }, false],
    ['another body of the signed id within it', { identifiedBy: 'id' }, { body: Buffer.from('{}') }, true],
    ['another signed id within the body', { identifiedBy: 'id' }, { deliveryId: 'two' }, false],
    ['another body without an id', { identifiedBy: 'id', deliveryId: undefined }, { body: Buffer.from('{}') }, false],
  ])('of %s', ([, first, second, isSame]) => {
    expect(deliveryIdOf({ ...ONE, ...first, ...second }) === deliveryIdOf({ ...ONE, ...first })).toBe(isSame)
  })
})

test('a record has so many results, and no more', () => {
  const results = Array.from({ length: 1000 }, (_, index) => ({ subject: String(index), ignored: 'x' }))
  expect(newDelivery({ ...ONE, source: 'grafana' }, results, 0).results).toEqual(results.slice(0, 110))
})
