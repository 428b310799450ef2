import { createHmac, createSecretKey, hash } from 'node:crypto'
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'
import sign3 from 'tencentcloud-sdk-nodejs-common/tencentcloud/common/sign.js'
import * as huawei from '../../lib/cloud/huawei/sign.ts'
import * as tencent from '../../lib/cloud/tencent/sign.ts'
import { inTurns, line, type Measured } from './measure.ts'

const REPEATS = 15
const ROUNDS = 3_000

/** 150 bytes as JSON. */
const BODY = {
  instances: ['2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef', '7f1c0f5e-3a52-4c86-9d6b-51d8c0f6a0b2'],
  action: 'soft_restart',
  note: 'asked for by bench1',
}
const TEXT = JSON.stringify(BODY)

const HUAWEI = {
  key: { accessKey: 'AccessKey', secretKey: 'SecretKey' },
  host: 'dcs.cn-north-4.myhuaweicloud.com',
  path: '/v2/0123456789abcdef0123456789abcdef/instances/status',
  headers: { 'content-type': 'application/json', 'x-project-id': '0123456789abcdef0123456789abcdef' },
}
const TENCENT = {
  key: { secretId: 'SecretId', secretKey: 'SecretKey' },
  host: 'emr.tencentcloudapi.com',
  service: 'emr',
}

const huaweiSign = huawei.signer({ host: HUAWEI.host, headers: HUAWEI.headers }, HUAWEI.key)
const tencentSign = tencent.signer(
  { host: TENCENT.host, service: TENCENT.service, headers: { 'content-type': 'application/json' } },
  TENCENT.key,
)
const huaweiCredentials = new BasicCredentials().withAk(HUAWEI.key.accessKey).withSk(HUAWEI.key.secretKey)

/** What no signer can do without: two hashes and one HMAC, of texts as long as the real ones. */
const floorKey = createSecretKey(Buffer.from('SecretKey'))
const CANONICAL = 'c'.repeat(330)
const TO_SIGN = 's'.repeat(100)

const CONTESTANTS = {
  floor: () => [
    hash('sha256', TEXT),
    hash('sha256', CANONICAL),
    createHmac('sha256', floorKey).update(TO_SIGN).digest('hex'),
  ],
  'huawei ours': () => huaweiSign({ method: 'PUT', path: HUAWEI.path, body: TEXT }, Date.now()),
  // The official signers make the body's text themselves.
  'huawei ours + JSON.stringify': () =>
    huaweiSign({ method: 'PUT', path: HUAWEI.path, body: JSON.stringify(BODY) }, Date.now()),
  'huawei official': () =>
    AKSKSigner.sign(
      {
        endpoint: `https://${HUAWEI.host}${HUAWEI.path}`,
        url: HUAWEI.path,
        method: 'PUT',
        queryParams: {},
        headers: HUAWEI.headers,
        data: BODY,
      },
      huaweiCredentials,
    ),
  'tencent ours': () => tencentSign(TEXT, Date.now()),
  'tencent ours + JSON.stringify': () => tencentSign(JSON.stringify(BODY), Date.now()),
  'tencent official': () =>
    sign3.default.sign3({
      method: 'POST',
      url: `https://${TENCENT.host}/`,
      payload: BODY,
      timestamp: Math.floor(Date.now() / 1000),
      service: TENCENT.service,
      ...TENCENT.key,
      multipart: false,
      boundary: '',
      headers: { 'Content-Type': 'application/json' },
    }),
}

function microsecondsEach(work: () => unknown): number {
  const start = process.hrtime.bigint()
  for (let round = 0; round < ROUNDS; round++) work()
  return Number(process.hrtime.bigint() - start) / 1000 / ROUNDS
}

export async function sign(): Promise<Measured> {
  const timed = Object.entries(CONTESTANTS).map(([name, work]) => [name, () => microsecondsEach(work)])
  const us: Record<keyof typeof CONTESTANTS, number> = await inTurns(REPEATS, Object.fromEntries(timed))
  const ratio = (name: string, ours: keyof typeof us, theirs: keyof typeof us, target: number) => ({
    ...{ name, ours: us[ours], theirs: us[theirs], unit: 'us', target },
  })
  return {
    heading: `sign: a request with ${TEXT.length} bytes of body, us of time, medians of ${REPEATS}`,
    lines: Object.entries(us).map(([name, figure]) => line(name, figure, 'us', 2)),
    ratios: [
      ratio('sign.huawei.vs.floor', 'huawei ours', 'floor', 1.6),
      ratio('sign.huawei.vs.official', 'huawei ours + JSON.stringify', 'huawei official', 1 / 3),
      ratio('sign.tencent.vs.floor', 'tencent ours', 'floor', 1.6),
      ratio('sign.tencent.vs.official', 'tencent ours + JSON.stringify', 'tencent official', 1 / 10),
    ],
  }
}
