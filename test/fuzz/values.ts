import fc from 'fast-check'

/** Names that every object has already, or that readers look for; and of no length, or great length. */
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'prototype',
  'hasOwnProperty',
  'valueOf',
  'length',
  'then',
  '',
  '0',
]
/** Any UTF-16, also halves of pairs. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 12 })

export const oddKey = fc.oneof(
  fc.constantFrom(
    ...KEYS,
    'x'.repeat(3_000),
    '\ud800',
    'a\u0000b',
    'a.b',
    'dcs_instance_id',
    'status',
    'transition',
    'severity',
  ),
  anyText,
)

/** What the samples name that may be touched. */
export const NAMED = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|emr-[0-9a-z]{8}|\b[a-z]{1,20}-cache/g

/** Another resource than any list of the rules has. */
export const STRANGER = 'ffffffff-0000-4000-8000-00000000bad0'

const TIMES = [
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-02-30 25:61:61',
  '2026-01-01T08:00:00+0800',
  '2025-12-31 23:59:59.999999999 UTC',
  '1767225600',
  '1767225600000.5',
  'Friday',
]
const TEXTS = [
  STRANGER,
  `${STRANGER}\n`,
  '*',
  '../../x',
  "'; --",
  '\u202e',
  '\udc00\ud800',
  '\u0000',
  'steadyhand run_',
  '{"a":',
  'null',
]
const NUMBERS = [
  -1,
  0,
  1e21,
  -1e308,
  5e-324,
  2 ** 53,
  8.64e15 + 1,
  1_767_225_600.344,
  1_767_225_600_000_000,
  -62_135_596_800_000,
  1_767_225_600,
  1_767_225_600_000,
]

export const oddText = fc.oneof(
  fc.constantFrom(...KEYS, ...TIMES, ...TEXTS),
  anyText,
  fc.constantFrom(
    'resolved',
    'firing',
    'alarm',
    'ok',
    'ALARM',
    'OK',
    'INSUFFICIENT_DATA',
    '1',
    'approved',
    'run.requested',
  ),
  fc.constantFrom('P1', 'warn', 'Emergency', '紧急', 'none', 'transition', 'automation', 'Waiting', 'Approved'),
)
export const oddValue = fc.oneof(
  { weight: 4, arbitrary: oddText },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, ...NUMBERS) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)
