import { expect, test } from 'vitest'
import { succeededIds } from './batch-result.ts'

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
test.for([
  ['no response', undefined, ['a', 'b']],
  ['null', null, ['a', 'b']],
  ['an empty object', {}, ['a', 'b']],
  ['a null list', { batchItemFailures: null }, ['a', 'b']],
  ['an empty list', { batchItemFailures: [] }, ['a', 'b']],
  ['one failure', { batchItemFailures: [{ itemIdentifier: 'a' }] }, ['b']],
  ['all failures', { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }] }, []],
  ['an unknown id', { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'x' }] }, []],
  ['an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }, []],
  ['a null id', { batchItemFailures: [{ itemIdentifier: null }] }, []],
  ['a wrong key', { batchItemFailures: [{ id: 'a' }] }, []],
  ['no list', { batchItemFailures: 'a' }, []],
] as const)('%s', ([, response, expected]) => {
  expect(succeededIds(['a', 'b'], response)).toEqual(expected)
})
