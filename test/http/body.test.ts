import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyError, checkSize, MAX_REQUEST_BYTES, parseStrictJson, sentBytes } from '../../lib/http/body.ts'
import { MAX_DEPTH, MAX_VALUES } from '../../lib/http/json-shape.ts'

const parsed = (json: string | Buffer): unknown => parseStrictJson(Buffer.from(json))

/** The error for a body that is refused. */
function refusal(json: string | Buffer): string {
  try {
    parsed(json)
  } catch (error) {
    if (error instanceof BodyError && error.status === 400) return error.message
    throw error
  }
  return 'taken'
}

const nested = (depth: number, of: 'array' | 'object'): string =>
  of === 'array' ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`

test.for([
  ['{"a":1,"a":2}', 'the body has the key "a" twice'],
  ['{"a":1,"b":{"a":1},"\\u0061":2}', 'the body has the key "a" twice'],
  ['{"data":{"targets":[{"id":"x"},{"id":"y","id":"z"}]}}', 'data.targets.1 has the key "id" twice'],
  ['[0,[],{"k":{"":1,"":2}}]', '2.k has the key "" twice'],
  ['{"a":{},"a":[]}', 'the body has the key "a" twice'],
  ['{"a" : "}" , "a":0}', 'the body has the key "a" twice'],
  ['{"a":"\\"","a":0}', 'the body has the key "a" twice'],
  // These are the same once both are well-formed.
  ['{"\\ud800":1,"\\udfff":2}', 'the body has the key "\ufffd" twice'],
  ['{"data":{"__proto__":{"x":1}}}', 'data has the key "__proto__"'],
  ['{"\\u005f_proto__":1}', 'the body has the key "__proto__"'],
] as const)('%s is refused', ([json, fault]) => {
  expect(refusal(json)).toBe(`the body is not accepted: ${fault}`)
})

test.for([
  ['the same key in two objects', '{"a":{"k":1},"b":{"k":1}}'],
  ['the same key in parent and child', '{"k":{"k":{"k":1}}}'],
  ['the same key in the objects of an array', '[{"k":1},{"k":2}]'],
  ['a key that is also a value', '{"k":"k","l":"k"}'],
  ['keys that differ after an escape', '{"a\\"":1,"a\\\\":2,"a":3}'],
  ['names that every object inherits', '{"constructor":1,"prototype":2,"toString":3,"hasOwnProperty":4}'],
  ['structure inside of strings', '{"a":"{\\"a\\":1,[\\\\","b":"]}"}'],
  ['white space wherever it may stand', ' { "a" :\t[ 1 ,\r\n-2.5e+3 , true,null ] } '],
  ['a bare value', '"a"'],
] as const)('%s is accepted unchanged', ([, json]) => {
  expect(parsed(json)).toEqual(JSON.parse(json))
})

test.for(['array', 'object'] as const)('%ss nest as deep as the bound, and no deeper', (of) => {
  expect(refusal(nested(MAX_DEPTH, of))).toBe('taken')
  expect(refusal(nested(MAX_DEPTH + 1, of))).toContain(`is nested deeper than ${MAX_DEPTH}`)
})

test('depth is not the number of containers', () => {
  expect(refusal(`[${'[],{},'.repeat(500)}0]`)).toBe('taken')
})

test('there are as many values as the bound, and no more', () => {
  const values = (count: number) => `[${Array(count - 1).fill(0)}]`
  expect(refusal(values(MAX_VALUES))).toBe('taken')
  expect(refusal(values(MAX_VALUES + 1))).toBe(`the body is not accepted: it has more than ${MAX_VALUES} values`)
})

test('the deepest body neither overflows nor makes a long message', () => {
  const message = refusal(`${`{"${'k'.repeat(100)}":`.repeat(2000)}0${'}'.repeat(2000)}`)
  expect(message).toMatch(/^the body is not accepted: k{40}\.k{40}\.[k.]+ is nested deeper than 64$/)
  expect(message.length).toBeLessThan(260)
})

test.for([
  ['half an emoji', '{"text":"cut \\ud83d"}', { text: 'cut \ufffd' }],
  ['the other half', '{"text":"\\uDE00 cut"}', { text: '\ufffd cut' }],
  ['halves in the wrong order', '["\\ude00\\ud83d"]', ['\ufffd\ufffd']],
  ['a half before a pair', '["\\ud83d\\ud83d\\ude00"]', ['\ufffd😀']],
  ['a half before an emoji', '["\\ud83d😀"]', ['\ufffd😀']],
  ['half a key', '{"\\ud83d":1}', { '\ufffd': 1 }],
] as const)('%s becomes a replacement character', ([, json, value]) => {
  expect(parsed(json)).toEqual(value)
})

test.for(['["\\ud83d\\ude00"]', '["\\uD83D\\uDE00"]', '["\\\\ud83d"]', '["\\\\\\\\ud83d"]', '["😀"]'])(
  '%s is whole, and kept',
  (json) => {
    expect(parsed(json)).toEqual(JSON.parse(json))
  },
)

test('a byte order mark is passed over, once', () => {
  expect(parsed('\ufeff{"a":1}')).toEqual({ a: 1 })
  expect(refusal('\ufeff\ufeff{}')).toContain('is not JSON')
})

test('a body that is not UTF-8 is refused, not decoded', () => {
  expect(refusal(Buffer.from('7b2261223a22ff227d', 'hex'))).toBe('the body is not UTF-8')
  expect(refusal(Buffer.from('"é"', 'latin1'))).toBe('the body is not UTF-8')
  expect(refusal(Buffer.from('22eda08022', 'hex'))).toBe('the body is not UTF-8') // U+D800 in three bytes
})

const wellFormed = (text: string): string => text.toWellFormed()
const Text = fc.string({ unit: 'binary', maxLength: 12 }) // has halves of surrogate pairs
const { value: AnyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    Text,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.constantFrom(true, false, null, {}, []),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(
        fc.tuple(
          Text.filter((key) => key !== '__proto__'),
          tie('value'),
        ),
        {
          selector: ([key]) => wellFormed(key),
          maxLength: 5,
        },
      )
      .map((entries) => Object.fromEntries(entries)),
  ),
}))

/** The value with each string well-formed, made in another way than by its text. */
function mended(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map(mended)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), mended(inner)]))
}

test('whatever JSON.stringify writes comes back, well-formed', () => {
  fc.assert(
    fc.property(AnyValue, fc.constantFrom('', '\t', '  '), (value, indent) => {
      expect(parsed(JSON.stringify(value, undefined, indent))).toEqual(mended(value))
    }),
    { numRuns: 2000 },
  )
})

test('only text that JSON.parse accepts is accepted', () => {
  const tokens = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '"\\u0061"',
    '"b',
    '\\',
    '\\"',
    '\\ud800',
    '1',
    '-',
    'true',
    ' ',
  ]
  const Noise = fc.array(fc.constantFrom(...tokens), { maxLength: 12 }).map((parts) => parts.join(''))
  // Real JSON with one thing moved: mostly spoilt, sometimes not.
  const Spoilt = fc.tuple(AnyValue, fc.nat(), fc.constantFrom(...tokens)).map(([value, at, token]) => {
    const json = JSON.stringify(value)
    const from = at % json.length
    return `${json.slice(0, from)}${token}${json.slice(from + 1)}`
  })
  fc.assert(
    fc.property(fc.oneof(Noise, Spoilt, fc.string({ unit: 'binary' })), (text) => {
      const bytes = Buffer.from(text)
      const message = refusal(bytes)
      const byJsonParse = accepts(bytes.toString())
      if (message === 'taken' || message.startsWith('the body is not accepted: ')) expect(byJsonParse).toBe(true)
      else expect(byJsonParse).toBe(false)
    }),
    { numRuns: 5000 },
  )
})

function accepts(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

describe('a body', () => {
  test.for([
    [{ body: 'ü' }, 'ü'],
    [{ body: Buffer.from('ü').toString('base64'), isBase64Encoded: true }, 'ü'],
    [{ body: null }, ''],
    [{}, ''],
  ] as const)('%j is %j', ([event, text]) => {
    expect(sentBytes(event).toString()).toBe(text)
  })

  test('is bounded by its bytes', () => {
    const check = (body: string) => checkSize(sentBytes({ body }), MAX_REQUEST_BYTES)
    check('x'.repeat(MAX_REQUEST_BYTES))
    expect(() => check('ü'.repeat(MAX_REQUEST_BYTES / 2 + 1))).toThrow(expect.objectContaining({ status: 413 }))
  })

  test.for(['', '{', 'undefined', '\u0000', Buffer.from([0x22, 0xff, 0x22])])('%j is not JSON', (text) => {
    expect(() => parseStrictJson(Buffer.from(text))).toThrow(expect.objectContaining({ status: 400 }))
  })
})
