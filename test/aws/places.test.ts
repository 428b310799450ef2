import { expect, test } from 'vitest'
import { refusePlace } from '../../lib/aws/places.ts'
import { findProviders } from '../../lib/aws/providers.ts'
import { NoCredentials } from '../../lib/cloud/provider.ts'

const PROJECT = '0123456789abcdef0123456789abcdef'
const HUAWEI = {
  HUAWEICLOUD_SDK_AK: 'ak-1',
  HUAWEICLOUD_SDK_SK: 'sk-1',
  HUAWEICLOUD_SDK_PROJECT_ID: `cn-north-4=${PROJECT}`,
}

/** @param renewed accounts that are found where they are looked for again */
const refused = (accounts: object, renewed: object = accounts) =>
  refusePlace(findProviders((again) => new Map(Object.entries(again ? renewed : accounts)), {}))

test.for([
  ['huawei', { region: 'cn-north-4' }, undefined],
  ['huawei', { account: 'blue', region: 'cn-north-4' }, ['account', /^no account "blue" is configured/]],
  ['huawei', { region: 'cn-east-3' }, ['region', /^HUAWEICLOUD_SDK_PROJECT_ID names no project of cn-east-3$/]],
  ['huawei', { region: 'cn-nowhere-1' }, ['region', /^where region cn-nowhere-1 of Huawei Cloud answers is not known/]],
  ['tencent', { region: 'ap-guangzhou' }, ['account', /^the account "default" lacks TENCENTCLOUD_SECRET_ID/]],
] as const)('%s in %j: %j', async ([name, place, expected]) => {
  const [field, message] = expected ?? []
  expect(await refused({ default: HUAWEI })(name, place)).toEqual(
    expected && { field, message: expect.stringMatching(message ?? '') },
  )
})

test('what was configured a moment ago is looked for again', async () => {
  const place = { account: 'blue', region: 'cn-north-4' }
  let renewals = 0
  const find = findProviders((again) => {
    if (again) renewals++
    return new Map(Object.entries(renewals > 0 ? { default: HUAWEI, blue: HUAWEI } : { default: HUAWEI }))
  }, {})
  expect(await refusePlace(find)('huawei', place)).toBeUndefined()
  expect(renewals).toBe(1)
})

test.for(['unavailable', 'unauthenticated'] as const)(
  'a secret that cannot be read (%s) refuses nothing',
  async (kind) => {
    const refuse = refusePlace(() => Promise.reject(new NoCredentials(kind, 'the secret cannot be read')))
    expect(await refuse('huawei', { region: 'cn-north-4' })).toBeUndefined()
  },
)
