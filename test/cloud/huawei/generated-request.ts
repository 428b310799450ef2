import type { AccessKeyPair, SignableRequest } from '../../../lib/cloud/huawei/sign.ts'
import { type Chance, chanceOf, PIECES } from '../generated.ts'

export interface GeneratedRequest {
  ours: Required<SignableRequest> & { query: Record<string, string | string[]> }
  key: AccessKeyPair
  nowMs: number
  /** The path before it is escaped for the wire. */
  segments: string[]
  /** Arbitrary segments, slashes included. */
  wildSegments: string[]
  /** `ours.body` before JSON. */
  data: unknown
  chance: Chance
}

/** Excluded from whole requests: the official signer uses `url.parse`, which escapes these or cuts there. */
const PATH_PIECES = PIECES.filter((piece) => !/[{}|\\^`<>"' #?/]/.test(piece))
/** No `_`: the Python SDK skips such a header, and the Node SDK sorts it by locale. */
const NAME_PIECES = ['x', 'Y', 'z', '7', '-a', '-B', '-Meta', '-Sdk']
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'put', 'Post']
const HOSTS = ['dcs.cn-north-4.myhuaweicloud.com', 'dcs.eu-west-101.myhuaweicloud.eu:8443', '127.0.0.1:4566']
/** 2025-01-02T03:04:05Z. */
const START_MS = 1_735_787_045_000

/** The request of a seed, always the same. Key and time come from small pools, so that caches are hit, missed and filled. */
export function generatedRequest(seed: number): GeneratedRequest {
  const chance = chanceOf(seed)
  const segments = chance.list(0, 6, () => chance.text(PATH_PIECES))
  const data = chance.pick([undefined, { [chance.text(PIECES)]: chance.text(PIECES, 12) }, [chance.text(PIECES)]])
  const ours = {
    method: chance.pick(METHODS),
    host: chance.pick(HOSTS),
    path: wirePath(segments, chance),
    query: Object.fromEntries(chance.list(0, 5, () => [chance.text(PIECES), value(chance)])),
    headers: headersOf(chance),
    body: data === undefined ? '' : JSON.stringify(data),
  }
  const key = {
    accessKey: chance.pick(['AK1', 'AK2']),
    // More than any cache holds; one access key has many of them, as after rotations.
    secretKey: `secret ü ${chance.below(24)}`,
  }
  const nowMs = START_MS + chance.pick([0, 0, 86_400_000, -31_536_000_000]) + chance.below(8_000)
  const wildSegments = chance.list(1, 5, () => chance.text(PIECES))
  return { ours, key, nowMs, segments, wildSegments, data, chance }
}

/** The path on the wire: escaped as browsers, as strictly as possible, or in lower-case hex. All of them mean the same. */
export function wirePath(segments: string[], chance: Chance): string {
  const lowered = (text: string): string => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase())
  const strict = (text: string): string =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `/${segments.map(chance.pick([encodeURIComponent, lowered, strict])).join('/')}`
}

function value(chance: Chance): string | string[] {
  return chance.below(3) === 0 ? chance.list(0, 4, () => chance.text(PIECES)) : chance.text(PIECES)
}

function headersOf(chance: Chance): Record<string, string> {
  const extra = chance.list(0, 4, (): [string, string] => [
    `X-${chance.text(NAME_PIECES, 4)}Q${chance.below(1_000)}`,
    chance.pick(['plain', 'with inner  blanks', ' padded ', '', 'a=b; c="d"', '\tv']),
  ])
  return Object.fromEntries([
    ...chance.pick([[], [['content-type', 'application/json']], [['content-type', 'application/json;charset=utf-8']]]),
    ...chance.pick([[], [['X-Project-Id', '0123456789abcdef0123456789abcdef']]]),
    ...chance.pick([[], [['X-Security-Token', Buffer.from(chance.text(PIECES, 40)).toString('base64')]]]),
    ...new Map(extra.map(([name, text]) => [name.toLowerCase(), [name, text]])).values(),
  ])
}

/** Features that the generated requests must have, each often. */
export const TRAITS: Record<string, (request: GeneratedRequest) => boolean> = {
  'a body outside ASCII': ({ ours }) => /[^\0-\x7f]/.test(ours.body),
  'no body': ({ ours }) => ours.body === '',
  'an escape in the path': ({ ours }) => ours.path.includes('%'),
  'a slash inside a segment': ({ wildSegments }) => wildSegments.some((segment) => segment.includes('/')),
  'a plus, a blank or a tilde in the query': ({ ours }) => /[+ ~]/.test(Object.entries(ours.query).flat(2).join('')),
  'a repeated parameter': ({ ours }) => Object.values(ours.query).some((one) => Array.isArray(one) && one.length > 1),
  'an empty value': ({ ours }) => Object.values(ours.query).includes(''),
  'no query': ({ ours }) => Object.keys(ours.query).length === 0,
  'a security token': ({ ours }) => 'X-Security-Token' in ours.headers,
  'blanks around a header value': ({ ours }) => Object.values(ours.headers).some((text) => text !== text.trim()),
  'blanks inside a header value': ({ ours }) => Object.values(ours.headers).some((text) => /\S\s+\S/.test(text)),
}
