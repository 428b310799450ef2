import { expect, test } from 'vitest'
import * as classic from 'zod'
import * as mini from 'zod/mini'
import { issuesOf } from '../../lib/basics/field-issues.ts'

test.for([
  [mini.string(), undefined, 'is missing'],
  [mini.string(), 7, 'must be a string, not a number'],
  [mini.object({}), [], 'must be an object, not an array'],
  [mini.object({}), null, 'must be an object, not null'],
  [mini.number(), Number.NaN, 'must be a number, not NaN'],
  [mini.int(), 1.5, 'must be a whole number'],
  [mini.int(), '1', 'must be a number, not a string'],
  [mini.literal('a'), 'b', 'must be "a"'],
  [mini.enum(['a', 'b']), 'c', 'must be one of a, b'],
  [mini.enum(['a', 'b']), undefined, 'is missing'],
  [mini.array(mini.string()).check(mini.minLength(1)), [], 'must have at least 1 items'],
  [mini.number().check(mini.lte(300)), 301, 'must be at most 300'],
  [mini.number().check(mini.gt(0)), 0, 'must be more than 0'],
  [mini.string().check(mini.maxLength(2)), 'abc', 'must have at most 2 characters'],
  [mini.string().check(mini.length(2)), 'abc', 'must have exactly 2 characters'],
  [mini.uuid(), 'x', 'is not a valid UUID'],
  [mini.email(), 'x', 'is not a valid email'],
  [mini.string().check(mini.regex(/^x$/)), 'y', 'does not match the required pattern'],
  [mini.string().check(mini.regex(/^x$/, 'must be x')), 'y', 'must be x'],
  [mini.number().check(mini.multipleOf(2)), 3, 'must be a multiple of 2'],
  [mini.union([mini.string(), mini.number()]), true, 'matches none of the allowed forms'],
  [mini.union([mini.string(), mini.number()]), undefined, 'is missing'],
  [classic.string(), undefined, 'is missing'],
  [classic.number().min(1), 0, 'must be at least 1'],
  [classic.url(), 'x', 'is not a valid URL'],
] as const)('%#: of %j', ([schema, value, message]) => {
  const { error } = (schema as classic.ZodType).safeParse(value)
  expect(error && issuesOf(error)).toEqual([{ field: 'body', path: [], message }])
})

test('an unknown field is named itself', () => {
  const { error } = classic.strictObject({ target: mini.strictObject({ id: mini.string() }) }).safeParse({
    target: { id: 'a', ip: 'b' },
  })
  expect(error && issuesOf(error)).toEqual([
    { field: 'target.ip', path: ['target', 'ip'], message: 'is not a known field' },
  ])
})
