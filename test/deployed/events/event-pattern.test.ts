import { expect, test } from 'vitest'
import { compilePattern } from './event-pattern.ts'

const EVENT = {
  source: 'aws.cloudwatch',
  resources: ['arn:one', 'arn:two'],
  detail: { state: { value: 'ALARM' }, count: 3, on: true, none: null },
}

test.for([
  [{}, true],
  [{ source: ['aws.cloudwatch'] }, true],
  [{ source: ['x', 'aws.cloudwatch'] }, true],
  [{ source: ['x'] }, false],
  [{ source: [] }, false],
  [{ missing: ['x'] }, false],
  [{ source: ['aws.cloudwatch'], resources: ['arn:three'] }, false],
  [{ resources: ['arn:two'] }, true],
  [{ detail: { state: { value: ['ALARM'] } } }, true],
  [{ detail: { state: { value: ['OK'] } } }, false],
  [{ detail: { count: [3], on: [true], none: [null] } }, true],
  [{ detail: { count: ['3'] } }, false],
  [{ detail: { state: ['ALARM'] } }, false],
  [{ source: [{ prefix: 'aws.' }] }, true],
  [{ source: [{ prefix: 'cloudwatch' }] }, false],
  [{ source: [{ suffix: 'watch' }] }, true],
  [{ source: [{ suffix: 'aws' }] }, false],
  [{ source: [{ 'equals-ignore-case': 'AWS.CloudWatch' }] }, true],
  [{ source: [{ 'equals-ignore-case': 'AWS' }] }, false],
  [{ source: [{ 'anything-but': 'x' }] }, true],
  [{ source: [{ 'anything-but': ['x', 'aws.cloudwatch'] }] }, false],
  [{ source: [{ 'anything-but': { prefix: 'aws.' } }] }, false],
  [{ source: [{ 'anything-but': { suffix: 'x' } }] }, true],
  [{ missing: [{ 'anything-but': 'x' }] }, false],
  [{ detail: { count: [{ exists: true }], gone: [{ exists: false }] } }, true],
  [{ detail: { count: [{ exists: false }] } }, false],
  [{ gone: { deeper: [{ exists: false }] } }, true],
  [{ toString: [{ exists: true }] }, false],
] as const)('%j matches: %s', ([pattern, expected]) => {
  expect(compilePattern(pattern, 'Rule')(EVENT)).toBe(expected)
})

test.for([
  { source: [{ wildcard: 'a*' }] },
  { source: [{ prefix: { 'equals-ignore-case': 'a' } }] },
  { source: [{ 'anything-but': { wildcard: 'a' } }] },
  { source: [{ prefix: 'a', suffix: 'b' }] },
  { source: 'text' },
  { $or: [{ source: ['a'] }] },
  { detail: { n: [{ numeric: ['>', 0] }] } },
])('%j is refused with the name of the rule', (pattern) => {
  expect(() => compilePattern(pattern, 'AlarmRule')).toThrow(/^AlarmRule: the event pattern .* is not supported/)
})
