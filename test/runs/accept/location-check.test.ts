import { beforeEach, describe, expect, test } from 'vitest'
import { secretAccounts } from '../../../lib/aws/credentials.ts'
import { NoCredentials } from '../../../lib/cloud/provider.ts'
import { findProviders } from '../../../lib/cloud/providers.ts'
import { locationCheck } from '../../../lib/runs/accept/location-check.ts'
import { DCS } from '../../../lib/services/dcs/service.ts'
import { EMR } from '../../../lib/services/emr/service.ts'

const PROJECT = '0123456789abcdef0123456789abcdef'
const HUAWEI = {
  HUAWEICLOUD_SDK_AK: 'ak-1',
  HUAWEICLOUD_SDK_SK: 'sk-1',
  HUAWEICLOUD_SDK_PROJECT_ID: `cn-north-4=${PROJECT}`,
}

const SERVICE = { huawei: DCS, tencent: EMR }

const refused = (accounts: object) => locationCheck(findProviders(() => new Map(Object.entries(accounts)), {}))

test.for([
  ['huawei', { region: 'cn-north-4' }, undefined],
  ['huawei', { account: 'blue', region: 'cn-north-4' }, ['account', /^account "blue" is not configured/]],
  ['huawei', { region: 'cn-east-3' }, ['region', /^HUAWEICLOUD_SDK_PROJECT_ID names no project of cn-east-3$/]],
  [
    'huawei',
    { region: 'cn-nowhere-1' },
    ['region', /^the endpoint of region cn-nowhere-1 of Huawei Cloud is not known/],
  ],
  ['tencent', { region: 'ap-guangzhou' }, ['account', /^the account "default" lacks TENCENTCLOUD_SECRET_ID/]],
] as const)('%s in %j: %j', async ([name, place, expected]) => {
  const [field, message] = expected ?? []
  expect(await refused({ default: HUAWEI })(SERVICE[name], place)).toEqual(
    expected && { field, message: expect.stringMatching(message ?? '') },
  )
})

describe('accounts of a secret', () => {
  const BLUE = [DCS, { account: 'blue', region: 'cn-north-4' }] as const
  const REFUSED = { field: 'account', message: expect.stringContaining('account "blue" is not configured') }
  let now: number
  let secret: object
  let reads: number
  let failure: Error | undefined
  let refuse: ReturnType<typeof locationCheck>
  beforeEach(() => {
    ;[now, reads, failure, secret] = [1_000_000, 0, undefined, HUAWEI]
    const client = {
      send: async () => {
        reads++
        if (failure) throw failure
        return { SecretString: JSON.stringify(secret) }
      },
    }
    const accounts = secretAccounts(client, 'arn', () => now)
    refuse = locationCheck(findProviders(accounts, {}), accounts.readAtMs, () => now)
  })
  /** They are known, and not just now. */
  const know = async () => {
    await refuse(DCS, { region: 'cn-north-4' })
    now += 1_000
    reads = 0
  }

  test('one that is not there is refused by one read, where nothing is known yet', async () => {
    expect([await refuse(...BLUE), reads]).toEqual([REFUSED, 1])
  })

  test('one that is not there is read once more, and then refused', async () => {
    await know()
    expect([await refuse(...BLUE), reads]).toEqual([REFUSED, 1])
  })

  test('one that was added just now is found', async () => {
    await know()
    secret = { ...HUAWEI, accounts: { blue: HUAWEI } }
    expect([await refuse(...BLUE), reads]).toEqual([undefined, 1])
  })

  test('one that may have been added since the last read is not refused', async () => {
    await know()
    await refuse(DCS, { account: 'typo', region: 'cn-north-4' })
    now += 2_000
    expect([await refuse(...BLUE), reads]).toEqual([undefined, 1])
  })

  test('nothing is refused while they cannot be read, and who asks waits once', async () => {
    await know()
    failure = Object.assign(new Error(), { name: 'ThrottlingException' })
    expect([await refuse(...BLUE), reads]).toEqual([undefined, 1])
  })

  test('where nothing is known and nothing can be read, that is tried again after ten seconds', async () => {
    failure = Object.assign(new Error(), { name: 'TimeoutError' })
    expect([await refuse(...BLUE), await refuse(...BLUE), reads]).toEqual([undefined, undefined, 1])
    ;[now, failure] = [now + 10_000, undefined]
    expect([await refuse(...BLUE), reads]).toEqual([REFUSED, 2])
  })
})

test.for(['unavailable', 'unauthenticated'] as const)(
  'a secret that cannot be read (%s) refuses nothing',
  async (kind) => {
    const refuse = locationCheck(() => Promise.reject(new NoCredentials(kind, 'the secret cannot be read')))
    expect(await refuse(DCS, { region: 'cn-north-4' })).toBeUndefined()
  },
)
