import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { realClouds } from '../../lib/local/cloud-settings.ts'
import { startClouds } from '../../lib/local/clouds.ts'
import { SERVICES } from '../../lib/services/catalogue.ts'
import { dcs } from '../../lib/services/dcs/operations.ts'
import { DCS } from '../../lib/services/dcs/service.ts'
import type { ServiceOffer } from '../../lib/services/lifecycle.ts'

/** Which clouds are real by the settings of one machine, and which settings are errors. */

const PROJECT = '0123456789abcdef0123456789abcdef'
const HUAWEI = {
  HUAWEICLOUD_SDK_AK: 'AK',
  HUAWEICLOUD_SDK_SK: 'not-to-be-shown',
  HUAWEICLOUD_SDK_PROJECT_ID: PROJECT,
}
const TENCENT = { TENCENTCLOUD_SECRET_ID: 'id', TENCENTCLOUD_SECRET_KEY: 'not-to-be-shown' }

describe('a cloud is real with the credentials of an account', () => {
  const huawei = (region: string, address = `https://dcs.${region}.myhuaweicloud.com`) => ({
    ...{ name: 'Huawei Cloud', region, address },
  })
  test.for([
    ['none', {}, []],
    ['none by empty ones', { HUAWEICLOUD_SDK_AK: '', HUAWEICLOUD_REGION: '', TENCENTCLOUD_EMR_ENDPOINT: '' }, []],
    ['a region alone', { HUAWEICLOUD_REGION: 'ap-southeast-1' }, []],
    ['Huawei Cloud', HUAWEI, [huawei('cn-north-4')]],
    ['Huawei Cloud, in its region', { ...HUAWEI, HUAWEICLOUD_REGION: 'ap-southeast-1' }, [huawei('ap-southeast-1')]],
    [
      'Huawei Cloud, at its address',
      { ...HUAWEI, HUAWEICLOUD_DCS_ENDPOINT: 'http://127.0.0.1:9' },
      [huawei('cn-north-4', 'http://127.0.0.1:9')],
    ],
    [
      'Tencent Cloud',
      TENCENT,
      [{ name: 'Tencent Cloud', region: 'ap-guangzhou', address: 'https://emr.tencentcloudapi.com' }],
    ],
  ] as const)('%s', ([, environment, expected]) => {
    expect(realClouds(environment)).toEqual(expected)
  })
})

test.for<[string, Record<string, string>, RegExp]>([
  [
    'a malformed project',
    { ...HUAWEI, HUAWEICLOUD_SDK_PROJECT_ID: 'mine' },
    /^HUAWEICLOUD_SDK_PROJECT_ID: must be 32 hex/,
  ],
  [
    'no project of the region',
    { ...HUAWEI, HUAWEICLOUD_SDK_PROJECT_ID: `cn-east-3=${PROJECT}` },
    /names no project of cn-north-4/,
  ],
  ['a malformed region', { ...HUAWEI, HUAWEICLOUD_REGION: 'Beijing 4' }, /^HUAWEICLOUD_REGION: must be a region id/],
  [
    'a malformed region of a simulated cloud',
    { TENCENTCLOUD_REGION: '?' },
    /^TENCENTCLOUD_REGION: must be a region id/,
  ],
  [
    'a region that nobody knows',
    { ...HUAWEI, HUAWEICLOUD_REGION: 'cn-north-44' },
    /region cn-north-44 .* is not known/,
  ],
  [
    'an address of another kind',
    { ...HUAWEI, HUAWEICLOUD_DCS_ENDPOINT: 'ftp://dcs.example' },
    /^HUAWEICLOUD_DCS_ENDPOINT: must be an address/,
  ],
  [
    'no address',
    { ...TENCENT, TENCENTCLOUD_EMR_ENDPOINT: 'emr.example' },
    /^TENCENTCLOUD_EMR_ENDPOINT: must be an address/,
  ],
  ['half the credentials', { HUAWEICLOUD_SDK_AK: 'AK' }, /missing: HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_PROJECT_ID$/],
  [
    'an address without credentials',
    { HUAWEICLOUD_DCS_ENDPOINT: 'https://dcs.example' },
    /^HUAWEICLOUD_DCS_ENDPOINT is set, but no credentials of Huawei Cloud: set HUAWEICLOUD_SDK_AK, /,
  ],
  ['a token without credentials', { TENCENTCLOUD_TOKEN: 'not-to-be-shown' }, /^TENCENTCLOUD_TOKEN is set, but no/],
  [
    'two of these',
    { HUAWEICLOUD_SDK_AK: 'AK', TENCENTCLOUD_TOKEN: 'not-to-be-shown' },
    /^Huawei Cloud credentials .*\nTENCENTCLOUD_TOKEN is set/,
  ],
])('%s is an error at start', ([, environment, expected]) => {
  let message = ''
  try {
    realClouds(environment)
  } catch (error) {
    message = String(Object(error).message)
  }
  expect(message).toMatch(expected)
  expect(message).not.toContain('not-to-be-shown')
})

describe('of two services of one cloud', () => {
  const other: ServiceOffer = { ...dcs, service: { ...DCS, name: 'other' } }
  const services = SERVICES as ServiceOffer[]
  beforeEach(() => void services.push(other))
  afterEach(() => void services.pop())
  const nowhere = { ...HUAWEI, HUAWEICLOUD_REGION: 'cn-north-44' }

  test('both have an address', () => {
    const [huawei] = realClouds(HUAWEI)
    expect(huawei?.address).toMatch(/^https:\/\/dcs\.cn-north-4\S+, https:\/\/other\.cn-north-4\S+$/)
  })

  test('one that does not know the region does not stop the other', () => {
    const [huawei] = realClouds({ ...nowhere, HUAWEICLOUD_OTHER_ENDPOINT: 'http://127.0.0.1:9' })
    expect(huawei?.address).toBe('http://127.0.0.1:9')
    expect(() => realClouds(nowhere)).toThrow('cn-north-44')
  })

  test('neither of a simulated cloud leaves this machine', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'clouds-'))
    const clouds = await startClouds({ environment: {}, dataDir })
    try {
      const { HUAWEICLOUD_DCS_ENDPOINT, HUAWEICLOUD_OTHER_ENDPOINT } = clouds.env as Record<string, string>
      expect(HUAWEICLOUD_DCS_ENDPOINT).toMatch(/^http:\/\/127\.0\.0\.1:/)
      expect(HUAWEICLOUD_OTHER_ENDPOINT).toBe(HUAWEICLOUD_DCS_ENDPOINT)
    } finally {
      await clouds.close()
      rmSync(dataDir, { recursive: true })
    }
  })
})

test('an endpoint of another program is no error', () => {
  expect(realClouds({ ...HUAWEI, HUAWEICLOUD_PROGRAM_ENDPOINT: 'no address' })).toHaveLength(1)
  expect(() => realClouds({ ...HUAWEI, HUAWEICLOUD_DCS_ENDPOINT: 'no address' })).toThrow('HUAWEICLOUD_DCS_ENDPOINT')
})

test('the default regions are those of the template', () => {
  const template = readFileSync(join(import.meta.dirname, '../../serverless.yml'), 'utf8')
  const ofTemplate = ['huawei', 'tencent'].map((cloud) => new RegExp(`${cloud}Region: (\\S+)`).exec(template)?.[1])
  const regions = realClouds({ ...HUAWEI, ...TENCENT }).map(({ region }) => region)
  expect(regions).toEqual(ofTemplate)
})
