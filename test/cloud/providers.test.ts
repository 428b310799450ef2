import { describe, expect, test } from 'vitest'
import type { Account } from '../../lib/cloud/accounts.ts'
import type { Provider, WireRequest } from '../../lib/cloud/provider.ts'
import { findProviders } from '../../lib/cloud/providers.ts'
import type { ProviderName } from '../../lib/cloud/service.ts'
import { DCS } from '../../lib/services/dcs/service.ts'
import { EMR } from '../../lib/services/emr/service.ts'

const PROJECT = '0123456789abcdef0123456789abcdef'
const HUAWEI: Account = { HUAWEICLOUD_SDK_AK: 'ak-1', HUAWEICLOUD_SDK_SK: 'sk-1', HUAWEICLOUD_SDK_PROJECT_ID: PROJECT }
const TENCENT: Account = { TENCENTCLOUD_SECRET_ID: 'id-1', TENCENTCLOUD_SECRET_KEY: 'key-1' }

const AT = Date.parse('2026-01-01T00:00:00Z')
const REGION = 'cn-north-4'

const SERVICE = { huawei: DCS, tencent: EMR }

/** Binds one account, or several. */
async function bound(name: ProviderName, account: Account, region = REGION): Promise<Provider> {
  return findProviders(async () => new Map([['default', account]]), {})(SERVICE[name], { region })
}

const prepared = (provider: Provider): WireRequest =>
  provider.prepare('Thing', { method: 'POST', path: '/v2/{project_id}/x', body: { a: 1 } }, AT)

test('an account of Huawei Cloud signs for its project, in its region', async () => {
  const provider = await bound('huawei', HUAWEI)
  expect(provider).toMatchObject({ account: 'ak-1', perSecond: 100, secrets: ['sk-1', 'ak-1', ''] })
  expect(prepared(provider)).toEqual({
    origin: 'https://dcs.cn-north-4.myhuaweicloud.com',
    method: 'POST',
    path: `/v2/${PROJECT}/x`,
    headers: {
      'content-type': 'application/json',
      'x-project-id': PROJECT,
      'x-sdk-date': '20260101T000000Z',
      authorization: expect.stringMatching(
        /^SDK-HMAC-SHA256 Access=ak-1, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=[0-9a-f]{64}$/,
      ),
    },
    body: '{"a":1}',
  })
})

test('an account of Tencent Cloud signs for its region', async () => {
  const provider = await bound('tencent', TENCENT, 'ap-guangzhou')
  expect(provider).toMatchObject({ account: 'id-1', perSecond: 20, secrets: ['key-1', 'id-1', ''] })
  expect(prepared(provider)).toEqual({
    origin: 'https://emr.tencentcloudapi.com',
    method: 'POST',
    path: '/v2/{project_id}/x',
    headers: {
      'content-type': 'application/json',
      'x-tc-action': 'Thing',
      'x-tc-version': '2019-01-03',
      'x-tc-region': 'ap-guangzhou',
      'x-tc-language': 'en-US',
      'x-tc-timestamp': String(AT / 1000),
      authorization: expect.stringMatching(
        /^TC3-HMAC-SHA256 Credential=id-1\/2026-01-01\/emr\/tc3_request, SignedHeaders=content-type;host, Signature=[0-9a-f]{64}$/,
      ),
    },
    body: '{"a":1}',
  })
})

describe('a temporary token', () => {
  test('of Huawei Cloud goes along, signed', async () => {
    const provider = await bound('huawei', { ...HUAWEI, HUAWEICLOUD_SDK_SECURITY_TOKEN: 'token-1' })
    const { headers } = prepared(provider)
    expect(headers['x-security-token']).toBe('token-1')
    expect(headers.authorization).toContain('SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token,')
    expect(provider.secrets).toEqual(['sk-1', 'ak-1', 'token-1'])
  })

  test('of Tencent Cloud goes along, unsigned', async () => {
    const provider = await bound('tencent', { ...TENCENT, TENCENTCLOUD_TOKEN: 'token-1' })
    const { headers } = prepared(provider)
    expect(headers['x-tc-token']).toBe('token-1')
    expect(headers.authorization).toContain('SignedHeaders=content-type;host,')
    expect(headers.authorization).toBe(prepared(await bound('tencent', TENCENT)).headers.authorization)
    expect(provider.secrets).toEqual(['key-1', 'id-1', 'token-1'])
  })
})

describe('missing fields are named, and no value', () => {
  const without = (account: Account, ...names: (keyof Account)[]): Account => ({
    ...account,
    ...Object.fromEntries(names.map((name) => [name, undefined])),
  })

  test.for([
    ['huawei', without(HUAWEI, 'HUAWEICLOUD_SDK_SK'), 'HUAWEICLOUD_SDK_SK'],
    ['huawei', without(HUAWEI, 'HUAWEICLOUD_SDK_AK'), 'HUAWEICLOUD_SDK_AK'],
    ['huawei', without(HUAWEI, 'HUAWEICLOUD_SDK_PROJECT_ID'), 'HUAWEICLOUD_SDK_PROJECT_ID'],
    ['huawei', TENCENT, 'HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_PROJECT_ID'],
    ['tencent', without(TENCENT, 'TENCENTCLOUD_SECRET_KEY'), 'TENCENTCLOUD_SECRET_KEY'],
    ['tencent', without(TENCENT, 'TENCENTCLOUD_SECRET_ID'), 'TENCENTCLOUD_SECRET_ID'],
    ['tencent', HUAWEI, 'TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY'],
  ] as const)('%s of %o: %s', async ([name, account, missing]) => {
    await expect(bound(name, account)).rejects.toMatchObject({
      name: 'NoCredentials',
      kind: 'unauthenticated',
      message: `the account "default" lacks ${missing}`,
    })
  })

  test('by the name of its account', async () => {
    const find = findProviders(async () => new Map([['blue', TENCENT]]), {})
    await expect(find(DCS, { account: 'blue', region: REGION })).rejects.toThrow(
      'the account "blue" lacks HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_PROJECT_ID',
    )
  })
})

describe('of several accounts', () => {
  const blue = { ...HUAWEI, HUAWEICLOUD_SDK_AK: 'ak-blue' }
  const find = findProviders(
    async () =>
      new Map([
        ['default', HUAWEI],
        ['blue', blue],
      ]),
    {},
  )

  test.for([
    [undefined, 'ak-1'],
    ['default', 'ak-1'],
    ['blue', 'ak-blue'],
  ] as const)('%s is that of %s', async ([account, id]) => {
    expect(await find(DCS, { account, region: REGION })).toMatchObject({ account: id })
  })

  test.for(['green', 'constructor', 'Blue'])('%s is unknown', async (account) => {
    await expect(find(DCS, { account, region: REGION })).rejects.toMatchObject({
      name: 'NoCredentials',
      kind: 'unauthenticated',
      message: expect.stringMatching(`^account "${account}" is not configured; known: .*default`),
    })
  })
})

const OTHER = 'f'.repeat(32)

test.for([
  [PROJECT, 'cn-east-3', PROJECT],
  [`cn-north-4=${PROJECT}`, 'cn-north-4', PROJECT],
  [`cn-north-4=${PROJECT},eu-west-101=${OTHER}`, 'eu-west-101', OTHER],
  [`cn-north-4=${PROJECT}, eu-west-101=${OTHER}`, 'eu-west-101', OTHER],
] as const)('the project of %j in %s is %s', async ([projects, region, id]) => {
  const provider = await bound('huawei', { ...HUAWEI, HUAWEICLOUD_SDK_PROJECT_ID: projects }, region)
  const { path, headers } = prepared(provider)
  expect([path, headers['x-project-id']]).toEqual([`/v2/${id}/x`, id])
})

test.for([
  [`cn-north-4=${PROJECT}`, 'eu-west-101'],
  [`cn-north-4=${PROJECT}`, 'cn-north-1'],
  ['cn-north-4=', 'cn-north-4'],
] as const)('there is no project of %j in %s', async ([projects, region]) => {
  const account = { ...HUAWEI, HUAWEICLOUD_SDK_PROJECT_ID: projects }
  await expect(bound('huawei', account, region)).rejects.toMatchObject({
    kind: 'unauthenticated',
    message: `HUAWEICLOUD_SDK_PROJECT_ID names no project of ${region}`,
  })
})

test.for([
  ['huawei', 'http://127.0.0.1:8001'],
  ['tencent', 'http://127.0.0.1:8002'],
] as const)('%s is asked at the endpoint that is configured', async ([name, origin]) => {
  const endpoints = {
    HUAWEICLOUD_DCS_ENDPOINT: 'http://127.0.0.1:8001/',
    TENCENTCLOUD_EMR_ENDPOINT: 'http://127.0.0.1:8002',
  }
  const find = findProviders(async () => new Map([['default', { ...HUAWEI, ...TENCENT }]]), endpoints)
  expect((await find(SERVICE[name], { region: REGION })).origin).toBe(origin)
})

describe('an endpoint belongs to an account', () => {
  const HOSTS = { HUAWEICLOUD_DCS_ENDPOINT: 'https://dcs.default', TENCENTCLOUD_EMR_ENDPOINT: 'https://emr.default' }
  const BOTH = { ...HUAWEI, ...TENCENT }
  const accounts = new Map<string, Account>([
    ['default', BOTH],
    ['plain', BOTH],
    [
      'europe',
      {
        ...BOTH,
        HUAWEICLOUD_DCS_ENDPOINT: 'https://dcs.{region}.myhuaweicloud.eu',
        TENCENTCLOUD_EMR_ENDPOINT: 'https://emr.{region}.intl.example/',
      },
    ],
    ['wrong', { ...BOTH, HUAWEICLOUD_DCS_ENDPOINT: 'dcs.example', TENCENTCLOUD_EMR_ENDPOINT: 'ftp://emr.example' }],
  ])
  const find = findProviders(() => accounts, HOSTS)
  const originOf = async (name: ProviderName, account: string, region: string) =>
    (await find(SERVICE[name], { region, account })).origin

  test.for([
    ['huawei', 'default', 'eu-west-101', 'https://dcs.default'],
    ['huawei', 'plain', 'eu-west-101', 'https://dcs.eu-west-101.myhuaweicloud.com'],
    ['huawei', 'europe', 'eu-west-101', 'https://dcs.eu-west-101.myhuaweicloud.eu'],
    ['huawei', 'europe', 'eu-west-102', 'https://dcs.eu-west-102.myhuaweicloud.eu'],
    ['tencent', 'default', 'ap-guangzhou', 'https://emr.default'],
    ['huawei', 'plain', 'eu-de', 'https://dcs.eu-de.otc.t-systems.com'],
    ['huawei', 'plain', 'cn-north-2', 'https://dcs.cn-north-2.myhuaweicloud.com'],
    ['huawei', 'europe', 'somewhere-9', 'https://dcs.somewhere-9.myhuaweicloud.eu'],
    ['tencent', 'plain', 'ap-somewhere', 'https://emr.tencentcloudapi.com'],
    ['tencent', 'plain', 'ap-guangzhou', 'https://emr.tencentcloudapi.com'],
    ['tencent', 'plain', 'ap-shanghai-fsi', 'https://emr.ap-shanghai-fsi.tencentcloudapi.com'],
    ['tencent', 'europe', 'ap-shanghai-fsi', 'https://emr.ap-shanghai-fsi.intl.example'],
  ] as const)('%s of %s in %s: %s', async ([name, account, region, origin]) => {
    expect(await originOf(name, account, region)).toBe(origin)
  })

  test.for(['somewhere-9', 'cn-north', 'constructor', 'eu-west-100'])('the endpoint of %s is not known', (region) => {
    expect(() => find(DCS, { region, account: 'plain' })).toThrow(
      `the endpoint of region ${region} of Huawei Cloud is not known: check the region, or set HUAWEICLOUD_DCS_ENDPOINT`,
    )
  })

  test.for([
    ['plain', 'eu-west-101', 'https://dcs.eu-west-101.myhuaweicloud.eu'],
    ['plain', 'eu-west-0', undefined],
    ['plain', 'cn-north-4', undefined],
    ['europe', 'eu-west-101', undefined],
  ] as const)('%s in %s: the hint names %s', async ([account, region, other]) => {
    const { hint } = await find(DCS, { region, account })
    expect(hint).toEqual(other && `if the region is at ${other}, set HUAWEICLOUD_DCS_ENDPOINT`)
  })

  test.for([
    ['huawei', 'HUAWEICLOUD_DCS_ENDPOINT'],
    ['tencent', 'TENCENTCLOUD_EMR_ENDPOINT'],
  ] as const)('a setting that is no address is an error, and no request goes elsewhere: %s', ([name, field]) => {
    const message = `${field} of the account "wrong" is not an https address`
    expect(() => find(SERVICE[name], { region: REGION, account: 'wrong' })).toThrow(message)
  })
})

test('that newer credentials are wanted reaches the source', async () => {
  const asked: (boolean | undefined)[] = []
  const find = findProviders(async (lookup) => {
    asked.push(lookup?.refresh)
    return new Map([['default', HUAWEI]])
  }, {})
  await find(DCS, { region: REGION })
  await find(DCS, { region: REGION }, { refresh: true })
  expect(asked).toEqual([undefined, true])
})
