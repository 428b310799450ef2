import { describe, expect, test } from 'vitest'
import { EFFECTS, HUAWEI, scene, TENCENT, thing } from '../clouds.ts'
import { answers, type Behaviour, httpServer } from '../servers.ts'

const HTML = '<html><body>Bad Gateway</body></html>'

interface Row {
  answer: string
  does: Behaviour
  kind: string
  change: 'none' | 'unknown'
  /** Number of requests of a read, and of a `once` change. */
  read: number
  once: number
}

/** Behaviour that both clouds' gateways share. */
const BOTH: Row[] = [
  { answer: '200, not JSON', does: answers(200, 'ok'), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '200, HTML', does: answers(200, HTML), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '200, empty', does: answers(200, ''), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '200, null', does: answers(200, 'null'), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '200, a list', does: answers(200, '[]'), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '200, other JSON', does: answers(200, '{}'), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '204', does: answers(204, ''), kind: 'unreadable', change: 'unknown', read: 3, once: 1 },
  { answer: '400, HTML', does: answers(400, HTML), kind: 'invalid', change: 'none', read: 1, once: 1 },
  { answer: '408', does: answers(408, ''), kind: 'timeout', change: 'unknown', read: 3, once: 1 },
  { answer: '429, HTML', does: answers(429, HTML), kind: 'throttled', change: 'none', read: 3, once: 3 },
  { answer: '429, empty', does: answers(429, ''), kind: 'throttled', change: 'none', read: 3, once: 3 },
  { answer: '500, empty', does: answers(500, ''), kind: 'unavailable', change: 'unknown', read: 3, once: 1 },
  { answer: '502, HTML', does: answers(502, HTML), kind: 'unavailable', change: 'unknown', read: 3, once: 1 },
  {
    answer: '503, JSON of no sense',
    does: answers(503, '[0]'),
    kind: 'unavailable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
]

const huawei = (status: number, code: string): Behaviour => answers(status, HUAWEI.refusal(code, 'why'))
const legacy = (status: number, code: string): Behaviour =>
  answers(status, JSON.stringify({ error: { code, message: 'why' } }))

const OF_HUAWEI: Row[] = [
  { answer: '429, JSON', does: huawei(429, 'APIGW.0308'), kind: 'throttled', change: 'none', read: 3, once: 3 },
  { answer: '200, an error', does: huawei(200, 'DCS.4111'), kind: 'busy', change: 'unknown', read: 1, once: 1 },
  { answer: '200, a legacy error', does: legacy(200, '111400111'), kind: 'busy', change: 'unknown', read: 1, once: 1 },
  { answer: '400, an error', does: huawei(400, 'DCS.4855'), kind: 'unsupported', change: 'none', read: 1, once: 1 },
  { answer: '400, a legacy error', does: legacy(400, 'DCS.4111'), kind: 'busy', change: 'none', read: 1, once: 1 },
  {
    answer: '504, of the gateway',
    does: huawei(504, 'APIGW.0201'),
    kind: 'unavailable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
  {
    answer: '500, an error inside',
    does: huawei(500, 'DCS.5000'),
    kind: 'unavailable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
  { answer: '500, a failed job', does: huawei(500, 'DCS.4842'), kind: 'failed', change: 'unknown', read: 1, once: 1 },
]

const tencent = (code: string, status = 200): Behaviour => answers(status, TENCENT.refusal(code, 'why'))

const OF_TENCENT: Row[] = [
  {
    answer: 'JSON without Response',
    does: answers(200, '{"ok":true}'),
    kind: 'unreadable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
  {
    answer: 'Response of null',
    does: answers(200, '{"Response":null}'),
    kind: 'unreadable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
  {
    answer: 'Error without Code',
    does: answers(200, '{"Response":{"ok":true,"Error":{}}}'),
    kind: 'unreadable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
  {
    answer: 'throttled with 200',
    does: tencent('RequestLimitExceeded'),
    kind: 'throttled',
    change: 'none',
    read: 3,
    once: 3,
  },
  {
    answer: 'throttled with 429',
    does: tencent('RequestLimitExceeded', 429),
    kind: 'throttled',
    change: 'none',
    read: 3,
    once: 3,
  },
  { answer: 'busy', does: tencent('ResourceInUse.InstanceInProcess'), kind: 'busy', change: 'none', read: 1, once: 1 },
  {
    answer: 'in trouble',
    does: tencent('InternalError.CamCgwError'),
    kind: 'unavailable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
  { answer: 'failed', does: tencent('FailedOperation'), kind: 'failed', change: 'unknown', read: 1, once: 1 },
  { answer: 'unknown code', does: tencent('Nobody.Listed'), kind: 'failed', change: 'unknown', read: 1, once: 1 },
  {
    answer: '502, an error of JSON',
    does: tencent('InternalError', 502),
    kind: 'unavailable',
    change: 'unknown',
    read: 3,
    once: 1,
  },
]

const CASES = [
  { cloud: HUAWEI, rows: [...BOTH, ...OF_HUAWEI] },
  { cloud: TENCENT, rows: [...BOTH, ...OF_TENCENT] },
].flatMap(({ cloud, rows }) =>
  rows.flatMap((row) => EFFECTS.map((effect) => ({ ...row, cloud, name: cloud.name, effect }))),
)

test.for(CASES)('$name: $answer makes of a call that is $effect: $kind', async (row) => {
  const { origin, arrived } = await httpServer(row.does)
  const { kind, change } = await scene(row.cloud, origin).failure(row.effect)
  expect({ kind, change, requests: arrived.length }).toEqual({
    kind: row.kind,
    change: row.effect === 'read' ? 'none' : row.change,
    requests: row.effect === 'once' ? row.once : row.read,
  })
})

describe('what an error keeps of the answer', () => {
  test.for([
    [
      HUAWEI,
      answers(400, HUAWEI.refusal('111400026', 'not in this state'), { 'x-request-id': 'r-1' }),
      { kind: 'busy', code: 'DCS.4026', status: 400, requestId: 'r-1', what: 'not in this state', byState: true },
    ],
    [
      TENCENT,
      answers(200, TENCENT.refusal('ResourceInUse.InstanceInProcess', 'in process')),
      { kind: 'busy', code: 'ResourceInUse.InstanceInProcess', status: 200, requestId: 'r-1', what: 'in process' },
    ],
    [
      HUAWEI,
      answers(503, HTML, { 'retry-after': '30', 'x-request-id': 'r-2' }),
      {
        ...{ kind: 'unavailable', status: 503, requestId: 'r-2', retryAfterMs: 30_000 },
        ...{ what: `HTTP 503 without a readable error: ${JSON.stringify(HTML)}`, change: 'unknown' },
      },
    ],
  ] as const)('%o', async ([cloud, does, expected]) => {
    const { origin } = await httpServer(does)
    expect(await scene(cloud, origin).failure('once')).toEqual({
      operation: 'test.thing.once',
      change: 'none',
      ...expected,
    })
  })
})

test('204 is a success for an operation that reads it so', async () => {
  const { origin } = await httpServer(answers(204, ''))
  const documented = thing(HUAWEI, 'once', { decode: (text) => (text ? JSON.parse(text) : { ok: true }) })
  const context = { region: 'test-1', deadlineAtMs: Date.now() + 8_000 }
  expect(await scene(HUAWEI, origin).call(documented, { id: 'a' }, context)).toEqual({ ok: true })
})

test.for([HUAWEI, TENCENT].flatMap((cloud) => EFFECTS.map((effect) => ({ cloud, name: cloud.name, effect }))))(
  '$name: a good answer to a call that is $effect is one request',
  async ({ cloud, effect }) => {
    const { origin, arrived } = await httpServer(answers(200, cloud.ok))
    expect(await scene(cloud, origin).run(effect)).toEqual({ ok: true })
    expect(arrived).toHaveLength(1)
  },
)
