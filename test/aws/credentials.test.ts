import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { secretAccounts } from '../../lib/aws/credentials.ts'
import { environmentAccounts, type FindAccounts } from '../../lib/cloud/accounts.ts'
import { NoCredentials } from '../../lib/cloud/provider.ts'

const ID = 'steadyhand/clouds'

const HUAWEI = { HUAWEICLOUD_SDK_AK: 'ak-1', HUAWEICLOUD_SDK_SK: 'sk-1', HUAWEICLOUD_SDK_PROJECT_ID: '0'.repeat(32) }
const TENCENT = { TENCENTCLOUD_SECRET_ID: 'id-2', TENCENTCLOUD_SECRET_KEY: 'key-2', TENCENTCLOUD_TOKEN: 'token-2' }

/** A fake Secrets Manager: its secret or error, and the number of reads. */
function vault(first: unknown) {
  const state = { holds: first, nowMs: 1_000_000, asked: [] as unknown[] }
  const send = async ({ input }: { input: unknown }): Promise<{ SecretString?: string }> => {
    state.asked.push(input)
    const holds = await state.holds
    if (holds instanceof Error) throw holds
    if (holds === undefined) return {}
    return { SecretString: typeof holds === 'string' ? holds : JSON.stringify(holds) }
  }
  const client = { send } as unknown as SecretsManagerClient // the one method that is used
  return { state, find: secretAccounts(client, ID, () => state.nowMs) }
}

function failing(name: string): Error {
  return Object.assign(new Error(`a message with sk-1 and ${name}`), { name })
}

async function refusalOf(find: FindAccounts): Promise<NoCredentials> {
  const outcome = await Promise.resolve(find()).catch((thrown: unknown) => thrown)
  if (outcome instanceof NoCredentials) return outcome
  throw new Error('no NoCredentials', { cause: outcome })
}

const asObject = async (found: ReturnType<FindAccounts>) => Object.fromEntries(await found)

test('the environment is one account, which never changes', async () => {
  const find = environmentAccounts({ ...HUAWEI, ...TENCENT })
  expect(await asObject(find())).toEqual({ default: { ...HUAWEI, ...TENCENT } })
  expect(await find({ refresh: true })).toBe(await find())
})

describe('a secret', () => {
  test.for([
    ['one account at the top', HUAWEI, { default: HUAWEI }],
    ['named accounts alone', { accounts: { a: HUAWEI, b: TENCENT } }, { a: HUAWEI, b: TENCENT, default: {} }],
    ['both', { ...TENCENT, accounts: { a: HUAWEI } }, { a: HUAWEI, default: TENCENT }],
    [
      'a default by name, which counts before the top',
      { ...TENCENT, accounts: { default: HUAWEI } },
      { default: HUAWEI },
    ],
    ['fields of no meaning here', { ...HUAWEI, password: 'x' }, { default: HUAWEI }],
    [
      'fields that are empty or no text',
      { ...HUAWEI, HUAWEICLOUD_SDK_AK: '', TENCENTCLOUD_TOKEN: 7 },
      { default: { ...HUAWEI, HUAWEICLOUD_SDK_AK: undefined } },
    ],
    ['nothing', {}, { default: {} }],
  ] as const)('may hold %s', async ([, holds, accounts]) => {
    const { state, find } = vault(holds)
    expect(await asObject(find())).toEqual(accounts)
    expect(state.asked).toEqual([{ SecretId: ID }])
  })

  test.for([
    ['malformed JSON', '{"HUAWEICLOUD_SDK_SK":"sk-1",'],
    ['plain text', 'sk-1'],
    ['a list', '["sk-1"]'],
    ['null', 'null'],
    ['accounts that are a list', '{"accounts":["sk-1"]}'],
    ['an account that is a text', '{"accounts":{"a":"sk-1"}}'],
    ['bytes instead of a text', undefined],
  ])('of %s is named, and its content is not shown', async ([, holds]) => {
    const { kind, message } = await refusalOf(vault(holds).find)
    expect({ kind, message }).toEqual({
      kind: 'unauthenticated',
      message: `the secret ${ID} is not JSON of the documented form`,
    })
  })

  test.for([
    ['AccessDeniedException', 'unauthenticated'],
    ['ResourceNotFoundException', 'unauthenticated'],
    ['InvalidParameterException', 'unauthenticated'],
    ['InternalServiceError', 'unavailable'],
    ['ThrottlingException', 'unavailable'],
    ['TimeoutError', 'unavailable'],
    ['CredentialsProviderError', 'unavailable'],
  ] as const)('that cannot be read for %s is %s, and its content is not shown', async ([name, kind]) => {
    const error = await refusalOf(vault(failing(name)).find)
    expect([error.kind, error.message]).toEqual([kind, `the secret ${ID} cannot be read: ${name}`])
  })
})

describe('a value that was read', () => {
  test.for([
    [false, 0, 1],
    [false, 299_999, 1],
    [false, 300_000, 2],
    [true, 0, 2],
  ] as const)('with renewal %s is read again after %d ms: %d reads', async ([renewed, ageMs, reads]) => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.holds = TENCENT
    state.nowMs += ageMs
    expect(await asObject(find({ refresh: renewed }))).toEqual({ default: reads === 1 ? HUAWEI : TENCENT })
    expect(state.asked).toHaveLength(reads)
  })

  test('is renewed once in 10 s, however recent it is', async () => {
    const { state, find } = vault(HUAWEI)
    await find()
    const reads = async (ageMs: number): Promise<number> => {
      state.nowMs += ageMs
      await find({ refresh: true })
      return state.asked.length
    }
    expect([await reads(5_000), await reads(0), await reads(9_999), await reads(1)]).toEqual([2, 2, 2, 3])
  })

  test.for([false, true])('is used while Secrets Manager is down, with renewal %s', async (renewed) => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.nowMs += 3_600_000
    state.holds = failing('InternalServiceError')
    expect(await asObject(find({ refresh: renewed }))).toEqual({ default: HUAWEI })
    state.holds = TENCENT
    // Secrets Manager is back after the longest wait of refused credentials.
    state.nowMs += 10_000
    expect(await asObject(find({ refresh: renewed }))).toEqual({ default: TENCENT })
  })

  test.for(['AccessDeniedException', 'ResourceNotFoundException'])('does not outlive %s', async (name) => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.nowMs += 3_600_000
    state.holds = failing(name)
    for (const renewed of [false, false, true]) {
      await expect(find({ refresh: renewed })).rejects.toMatchObject({ kind: 'unauthenticated' })
    }
  })

  test('is dropped when the secret is no longer JSON', async () => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.nowMs += 3_600_000
    state.holds = 'oops'
    for (const renewed of [false, false, true]) {
      await expect(find({ refresh: renewed })).rejects.toMatchObject({ kind: 'unauthenticated' })
    }
  })

  test('is read once for concurrent lookups', async () => {
    const { state, find } = vault(HUAWEI)
    await Promise.all(Array.from({ length: 8 }, () => find()))
    expect(state.asked).toHaveLength(1)
  })

  test('is renewed once for concurrent refusals', async () => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.nowMs += 60_000
    await Promise.all(Array.from({ length: 8 }, () => find({ refresh: true })))
    expect(state.asked).toHaveLength(2)
  })

  test.for([false, true])(
    'while Secrets Manager is down is asked for once in 10 s, with renewal %s',
    async (renewed) => {
      const { state, find } = vault(HUAWEI)
      await find()
      state.nowMs += 3_600_000
      state.holds = failing('InternalServiceError')
      for (const _ of Array(5)) {
        expect(await asObject(find({ refresh: renewed }))).toEqual({ default: HUAWEI })
        state.nowMs += 1_000
      }
      expect(state.asked).toHaveLength(2)
    },
  )

  test('is used, while it is fresh, during a hanging renewal', async () => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.nowMs += 60_000
    state.holds = new Promise(() => {})
    const renewal = asObject(find({ refresh: true })).then(() => 'renewed')
    const served = asObject(find())
    expect(await Promise.race([renewal, served])).toEqual({ default: HUAWEI })
  })

  test('of a renewal answers all refusals meanwhile', async () => {
    const { state, find } = vault(HUAWEI)
    await find()
    state.nowMs += 60_000
    const { promise, resolve } = Promise.withResolvers<object>()
    state.holds = promise
    const renewals = [find({ refresh: true }), find({ refresh: true })]
    state.nowMs += 1_000
    renewals.push(find({ refresh: true }))
    resolve(TENCENT)
    expect(await Promise.all(renewals.map(asObject))).toEqual(Array(3).fill({ default: TENCENT }))
    expect(state.asked).toHaveLength(2)
  })

  test('is read again after a failure without an earlier value', async () => {
    const { state, find } = vault(failing('InternalServiceError'))
    await expect(find()).rejects.toMatchObject({ kind: 'unavailable' })
    state.holds = HUAWEI
    expect(await asObject(find())).toEqual({ default: HUAWEI })
  })
})
