import { createHmac, createSecretKey, hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import { sign } from '../../lib/cloud/huawei/sign.ts'

/**
 * `npm run bench`: figures as ratios, ours / theirs, of medians over repeats that take turns in one run; smaller is better.
 * `-- --json FILE` writes them as one flat object as well.
 */
const { values } = parseArgs({ options: { json: { type: 'string' } } })

const REPEATS = 15
const ROUNDS = 4_000

const PATH = '/v2/0123456789abcdef0123456789abcdef/instances/status'
const BODY = '{"instances":["2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef"],"action":"restart"}'
const HEADERS = { 'content-type': 'application/json', 'x-project-id': '0123456789abcdef0123456789abcdef' }
const NOW = Date.parse('2025-01-02T03:04:05Z')

const key = createSecretKey(Buffer.from('SecretKey'))
const theirCredentials = new BasicCredentials().withAk('AccessKey').withSk('SecretKey')
const theirRequest = {
  endpoint: `https://dcs.cn-north-4.myhuaweicloud.com${PATH}`,
  url: PATH,
  method: 'PUT',
  queryParams: {},
  headers: HEADERS,
  data: JSON.parse(BODY),
}
const ourRequest = { method: 'PUT', host: 'dcs.cn-north-4.myhuaweicloud.com', path: PATH, headers: HEADERS, body: BODY }
const ourKey = { accessKey: 'AccessKey', secretKey: 'SecretKey' }

const CONTESTANTS = {
  ours: () => sign(ourRequest, ourKey, NOW),
  official: () => AKSKSigner.sign(theirRequest, theirCredentials),
  /** What no signer can do without: two hashes and one HMAC. */
  floor: () => {
    hash('sha256', BODY)
    return createHmac('sha256', key).update(hash('sha256', BODY)).digest('hex')
  },
}

function microsecondsEach(work: () => unknown): number {
  const start = process.hrtime.bigint()
  for (let round = 0; round < ROUNDS; round++) work()
  return Number(process.hrtime.bigint() - start) / 1000 / ROUNDS
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

const times = new Map(Object.keys(CONTESTANTS).map((name) => [name, [] as number[]]))
for (let repeat = -1; repeat < REPEATS; repeat++) {
  for (const [name, work] of Object.entries(CONTESTANTS)) {
    const each = microsecondsEach(work)
    // The first repeat warms up.
    if (repeat >= 0) times.get(name)?.push(each)
  }
}
const of = (name: string): number => median(times.get(name) ?? [])

const ratios = {
  'sign.huawei.vs.floor': of('ours') / of('floor'),
  'sign.huawei.vs.official': of('ours') / of('official'),
}
for (const name of times.keys()) console.log(`${name.padEnd(26)} ${of(name).toFixed(2).padStart(7)} us a signature`)
for (const [name, ratio] of Object.entries(ratios)) console.log(`${name.padEnd(26)} ${ratio.toFixed(2).padStart(7)}`)
if (values.json) writeFileSync(values.json, `${JSON.stringify(ratios, undefined, 2)}\n`)
