import type { Frame, SecretKeyPair } from '../../../lib/cloud/tencent/sign.ts'
import { type Chance, chanceOf, PIECES } from '../generated.ts'

export interface GeneratedRequest {
  frame: Frame
  contentType: string
  key: SecretKeyPair
  /** Requests for one signer, in order. */
  sent: [Sent, ...Sent[]]
  /** Parameters of a call. */
  data: unknown
}

interface Sent {
  body: string
  nowMs: number
}

const CONTENT_TYPES = ['application/json', 'application/json; charset=utf-8', ' Application/JSON;  Charset=UTF-8 ']
const DAY_MS = 86_400_000
const MIDNIGHT_MS = Date.UTC(2026, 10, 21)

/**
 * The request of a seed, always the same. Left out, as there is nothing to compare with: headers signed beyond
 * `content-type` and `host`, since the official SDKs sign no others; a port, which the Node SDK sends but does not sign;
 * a token, which nobody signs; other methods than POST.
 */
export function generatedRequest(seed: number): GeneratedRequest {
  const chance = chanceOf(seed)
  const service = chance.pick(['emr', 'cvm', 'monitor'])
  const host = `${service}.${chance.pick(['', 'ap-guangzhou.', 'intl.'])}tencentcloudapi.com`
  const contentType = chance.pick(CONTENT_TYPES)
  const key = {
    secretId: chance.pick(['AKID1', 'AKID2']),
    // More than the cache of derived keys holds; some contain its separator.
    secretKey: `${chance.pick(['', 'a/b ', 'ü+', '/'])}${chance.below(20)}`,
  }
  return {
    frame: { service, host, headers: { [chance.pick(['content-type', 'Content-Type'])]: contentType } },
    contentType,
    key,
    sent: [sentOf(chance), sentOf(chance), sentOf(chance)],
    data: dataOf(chance),
  }
}

function sentOf(chance: Chance): Sent {
  return {
    body: chance.pick(['', chance.text(PIECES, 12), JSON.stringify(dataOf(chance))]),
    // About midnight of several days, to the millisecond.
    nowMs: MIDNIGHT_MS + chance.pick([-DAY_MS, 0, 0, 200 * DAY_MS]) + chance.below(4_000) - 2_000,
  }
}

function dataOf(chance: Chance): Record<string, unknown> {
  const text = (): string => chance.text(PIECES, 12)
  const rest = { Empty: {}, List: chance.list(0, 3, text), No: null, Negative: -1, Part: 0.5, Yes: true }
  return chance.pick([{}, { [text()]: text() }, { InstanceId: text(), Nested: [rest] }])
}

/** Features that the generated requests must have, each often. */
export const TRAITS: Record<string, (request: GeneratedRequest) => boolean> = {
  'an empty body': ({ sent }) => sent.some(({ body }) => body === ''),
  'a body outside ASCII': ({ sent }) => sent.some(({ body }) => /[^\0-\x7f]/.test(body)),
  'empty parameters': ({ data }) => JSON.stringify(data) === '{}',
  'a content type to be trimmed': ({ contentType }) => contentType !== contentType.trim(),
  'a midnight between two of its signatures': ({ sent }) =>
    new Set(sent.map(({ nowMs }) => Math.floor(nowMs / DAY_MS))).size > 1,
  'a slash in the secret': ({ key }) => key.secretKey.includes('/'),
}
