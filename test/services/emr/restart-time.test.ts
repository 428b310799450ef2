import { expect, test } from 'vitest'
import { type Restarted, restarted } from '../../../lib/services/emr/restart-time.ts'

test.for<[before: string | undefined, now: string | undefined, Restarted]>([
  ['2026-01-01 08:00:00', '2026-01-01 08:00:01', 'yes'],
  ['2026-01-01 08:00:00', '2026-01-01 08:00:00', 'no'],
  ['2026-01-01 08:00:00', '2026-01-01 07:59:59', 'no'],
  ['2026-01-01 9:59:59', '2026-01-01 10:00:00', 'yes'],
  ['2026-9-30 23:59:59', '2026-10-1 0:00:00', 'yes'],
  ['2026-10-01 00:00:00', '2026-9-30 23:59:59', 'no'],
  ['2026/01/01 08:00:00', '2026-01-01 08:00:01', 'yes'],
  ['2026-01-01T08:00:00', '2026-01-01 08:00:00', 'no'],
  ['2026-01-01T08:00:00+08:00', '2026-01-01T00:00:01Z', 'yes'],
  ['2026-01-01T00:00:01Z', '2026-01-01T08:00:00+0800', 'no'],
  ['2026-01-01T00:00:00.000Z', '2026-01-01T08:00:00.500+08:00', 'no'],
  // Only one has a zone: they cannot be ordered.
  ['2026-01-01 08:00:00', '2026-01-01T08:00:00+08:00', 'no'],
  ['2026-01-01 08:00:00', '2026-01-01T08:00:00Z', 'no'],
  ['2026-01-01 08:00:00', '2026-01-01T00:00:01Z', 'unreadable'],
  ['2026-01-01 08:00:00', 'N/A', 'unreadable'],
  ['N/A', '2026-01-01 08:00:00', 'yes'],
  // A text without a digit is no time; that it stays so proves nothing.
  ['N/A', 'N/A', 'unreadable'],
  ['yesterday', 'yesterday', 'unreadable'],
  ['0', '0', 'unreadable'],
  ['Jan 1 2026', 'Jan 2 2026', 'yes'],
  ['Jan 2 2026', 'Jan 2 2026', 'no'],
  [undefined, '2026-01-01 08:00:00', 'yes'],
  ['', '2026-01-01 08:00:00', 'yes'],
  ['--', '1999-01-01 00:00:00', 'yes'],
  ['0000-00-00 00:00:00', '2026-01-01 08:00:00', 'yes'],
  ['2026-01-01 08:00:00', undefined, 'unreadable'],
  ['2026-01-01 08:00:00', '', 'unreadable'],
  ['2026-01-01 08:00:00', ' -- ', 'unreadable'],
  [undefined, undefined, 'unreadable'],
])('from %j to %j: %s', ([before, now, expected]) => {
  expect(restarted(before, now)).toBe(expected)
})
