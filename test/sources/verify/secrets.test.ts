import { expect, test } from 'vitest'
import { Secrets } from '../../../lib/sources/verify/secrets.ts'

test.for([
  ['sixteen-letters-', ['sixteen-letters-']],
  [' sixteen-letters-, another-of-sixteen ,', ['sixteen-letters-', 'another-of-sixteen']],
  ['user:sixteen-letters-', ['user:sixteen-letters-']],
  ['fifteen-letters', undefined],
  ['a-long-user-name:hunter2', undefined],
  ['sixteen-letters-,short', undefined],
  ['', undefined],
  [' , ', undefined],
] as const)('%j is %j', ([list, secrets]) => {
  expect(Secrets.safeParse(list).data).toEqual(secrets)
})
