import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../lib/basics/nearest.ts'

const KNOWN = ['dcs.instance.restart', 'dcs.instance.soft-restart', 'dcs.instance.swap', 'emr.service.stop']

test.for([
  ['dcs.instance.reboot', 'dcs.instance.restart'],
  ['dcs.instance.Restart', 'dcs.instance.restart'],
  ['dcs.instance.swp', 'dcs.instance.swap'],
  ['emr.services.stop', 'emr.service.stop'],
  ['restart', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
] as const)('the name nearest to %j is %j', ([given, name]) => {
  expect(nearest(given, KNOWN)).toBe(name)
})

test.for([
  ['dcs.instance.swp', '"dcs.instance.swp" is not known; did you mean dcs.instance.swap?'],
  ['x', '"x" is not known; known: a, b'],
  [7, '7 is not known; known: a, b'],
  [undefined, 'it is not known; known: a, b'],
] as const)('%j is told so: %s', ([given, message]) => {
  expect(didYouMean(given, message.includes('known: a') ? ['a', 'b'] : KNOWN)).toBe(message)
})

test('a given text is cut, and stays well-formed', () => {
  const text = didYouMean('😀'.repeat(1_000), KNOWN)
  expect([text.isWellFormed(), text.length < 250]).toEqual([true, true])
})
