import { describe, expect, test } from 'vitest'
import { received, receivedId } from '../../lib/runs/received.ts'

const body = Buffer.from('{"a":1}')

describe('the id of a delivery', () => {
  test('is the same for the same delivery', () => {
    expect(receivedId('jira', 'one', body)).toBe(receivedId('jira', 'one', Buffer.from('{"a":1}')))
  })

  test.for([
    ['source', 'grafana', 'one', body],
    ['id', 'jira', 'two', body],
    ['id, as none is given', 'jira', undefined, body],
    ['body', 'jira', 'one', Buffer.from('{"a":2}')],
  ] as const)('is another for another %s', ([, source, deliveryId, bytes]) => {
    expect(receivedId(source, deliveryId, bytes)).not.toBe(receivedId('jira', 'one', body))
  })
})

test('a record has so many results, and no more', () => {
  const results = Array.from({ length: 1000 }, (_, index) => ({ about: String(index), ignored: 'x' }))
  expect(received('grafana', undefined, body, results, 0).results).toEqual(results.slice(0, 110))
})
