import { expect, test } from 'vitest'
import { instantMs, whenOf } from '../../lib/sources/instant.ts'

const WANTED = '2026-11-29T19:45:00.000Z'
const MS = Date.parse(WANTED)

test.for<[string, unknown, string?]>([
  ['epoch ms', MS],
  ['epoch s', MS / 1000],
  ['epoch s with a fraction', MS / 1000 + 0.344, '2026-11-29T19:45:00.344Z'],
  ['epoch µs', MS * 1000],
  ['epoch ns', MS * 1_000_000],
  ['epoch ms as text', String(MS)],
  ['epoch s as text', String(MS / 1000)],
  ['epoch s with a fraction as text', `${MS / 1000}.344719258`, '2026-11-29T19:45:00.345Z'],
  ['Z', '2026-11-29T19:45:00Z'],
  ['z and t', '2026-11-29t19:45:00z'],
  ['nanoseconds', '2026-11-29T19:45:00.344719258Z', '2026-11-29T19:45:00.344Z'],
  ['a comma before them', '2026-11-29T19:45:00,3Z', '2026-11-29T19:45:00.300Z'],
  ['to the minute', '2026-11-29T19:45Z'],
  ['an offset', '2026-11-30T03:45:00+08:00'],
  ['an offset without a colon', '2026-11-30T03:45:00.000+0800'],
  ['an offset of hours', '2026-11-30T03:45:00+08'],
  ['an offset to the west, over midnight', '2026-11-29T14:15:00-0530'],
  ['a space', '2026-11-29 19:45:00 +0000'],
  ['UTC', '2026-11-29 19:45:00 UTC'],
  ['white space around it', ' 2026-11-29T19:45:00Z\n'],
])('%s is a time', ([, written, expected = WANTED]) => {
  expect(new Date(instantMs(written) ?? 0).toISOString()).toBe(expected)
})

test.for([
  ...['', 'Friday', 'now', '0', '1', '2026', '20261129', '2026-11-29', '2026-11-29T19:45:00', '19:45:00Z'],
  ...['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-29T24:00:00Z', '2026-11-29T19:60:00Z'],
  ...['2026-11-29T19:45:00+99:00', '2026-11-29T19:45:00+08:75', '0001-01-01T00:00:00Z', '1e12', '0x18c0'],
  ...[0, 1, -1, 1e20, 5e14, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, true, {}, [MS]],
])('%j is none', (written) => {
  expect(instantMs(written)).toBeUndefined()
})

test('without an offset it is read by the zone that the source names', () => {
  const read = (zone: string) => new Date(instantMs('2026-11-30 03:45:00.5', { zone }) ?? 0).toISOString()
  expect([read('Asia/Shanghai'), read('UTC')]).toEqual(['2026-11-29T19:45:00.500Z', '2026-11-30T03:45:00.500Z'])
})

test.for<[unknown, string]>([
  ['Friday', 'Friday'],
  ['', 'empty'],
  [undefined, 'none'],
  [null, 'null'],
  [{ a: 1 }, '{"a":1}'],
  [`\ud800${'x'.repeat(999)}`, `\ufffd${'x'.repeat(59)}`],
])('for %j, which is no time, the text is kept and the time is older than any rule accepts', ([written, shown]) => {
  expect(whenOf(instantMs(written), written)).toEqual({ occurredAt: '1970-01-01T00:00:00.000Z', unreadTime: shown })
})
