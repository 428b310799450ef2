import { expect, test } from 'vitest'
import { fieldOf } from '../../lib/sources/field-of.ts'

test.for([
  ['a.b', 1],
  ['a', { b: 1 }],
  ['list.1', 'y'],
  ['a.c', undefined],
  ['text.length', undefined],
  ['none.a', undefined],
  ['toString', undefined],
  ['a.constructor.name', undefined],
  ['__proto__', undefined],
] as const)('%s is %j', ([path, value]) => {
  expect(fieldOf({ a: { b: 1 }, list: ['x', 'y'], text: 'x', none: null }, path)).toEqual(value)
})
