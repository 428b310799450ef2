import { describe, expect, test } from 'vitest'
import { type AccountRegion, type FindProvider, type Lookup, NoCredentials } from '../../../lib/cloud/provider.ts'
import { mayPass } from '../../../lib/cloud/retry.ts'
import type { Service } from '../../../lib/cloud/service.ts'
import { CLOUDS, EFFECTS, HUAWEI, KEYS, scene, sentSignature, thing } from '../clouds.ts'
import { answers, type Behaviour, httpServer, inTurn } from '../servers.ts'

type Asked = Parameters<FindProvider>

const NEW_SECRET = 'SKrenewed00000000000000'

describe.for(CLOUDS)('$name: refused credentials', (cloud) => {
  const refuses = answers(403, cloud.refusal('AuthFailure.TokenFailure', 'expired'))
  const refused: Behaviour = cloud === HUAWEI ? answers(401, HUAWEI.refusal('DCS.1002', 'expired')) : refuses

  const renewing = (origin: string, renewedSecret: string) => {
    const asked: Asked[] = []
    const provider = async (...how: Asked) => {
      asked.push(how)
      return cloud.provider(origin, how[2]?.refresh ? { secret: renewedSecret } : {})
    }
    return { asked, ...scene(cloud, origin, { provider }) }
  }

  test.for(EFFECTS)('are renewed once for a call that is %s, which then goes through', async (effect) => {
    const { origin, arrived } = await httpServer(inTurn(refused, answers(200, cloud.ok)))
    const { run, asked, waits } = renewing(origin, NEW_SECRET)
    expect(await run(effect)).toEqual({ ok: true })
    expect(arrived.map(sentSignature)).toEqual(
      [KEYS.secret, NEW_SECRET].map((secret, index) => cloud.signatureOf(arrived[index] as never, secret)),
    )
    const context = expect.objectContaining({ region: 'test-1' })
    expect(asked).toEqual([
      [thing(cloud, effect).service, context, undefined],
      [thing(cloud, effect).service, context, { refresh: true }],
    ])
    expect(waits).toEqual([])
  })

  test.for(EFFECTS)('that the source does not renew end a call that is %s', async (effect) => {
    const { origin, arrived } = await httpServer(refused)
    const { failure, asked } = renewing(origin, KEYS.secret)
    expect(await failure(effect)).toMatchObject({ kind: 'unauthenticated', change: 'none', what: 'expired' })
    expect([arrived.length, asked.length]).toEqual([1, 2])
  })

  test.for(EFFECTS)('that are refused again end a call that is %s', async (effect) => {
    const { origin, arrived } = await httpServer(refused)
    const { failure, asked } = renewing(origin, NEW_SECRET)
    expect(await failure(effect)).toMatchObject({ kind: 'unauthenticated', change: 'none' })
    expect([arrived.length, asked.length]).toEqual([2, 2])
  })

  test('leave the three attempts to other trouble', async () => {
    const { origin, arrived } = await httpServer(inTurn(answers(429, ''), refused, answers(429, '')))
    expect(await renewing(origin, NEW_SECRET).failure('read')).toMatchObject({ kind: 'throttled' })
    expect(arrived).toHaveLength(4)
  })

  test('may follow a clock that was off', async () => {
    const date = new Date(Date.now() + 1_200_000).toUTCString()
    const expired = answers(cloud.expired.status, cloud.refusal(cloud.expired.code, 'expired'), { date })
    const { origin, arrived } = await httpServer(inTurn(expired, expired, answers(200, cloud.ok)))
    expect(await renewing(origin, NEW_SECRET).run('once')).toEqual({ ok: true })
    expect(arrived).toHaveLength(3)
  })
})

test.for([
  ['the token', { token: 'TOKENrenewed0000000000' }],
  ['the id', { id: 'AKIDrenewed0000000000' }],
] as const)('%s alone is news, too', async ([, keys]) => {
  const { origin, arrived } = await httpServer(
    inTurn(answers(401, HUAWEI.refusal('DCS.1002', 'expired')), answers(200, HUAWEI.ok)),
  )
  const provider = async (_service: Service, _place: AccountRegion, { refresh = false }: Lookup = {}) =>
    HUAWEI.provider(origin, refresh ? keys : {})
  expect(await scene(HUAWEI, origin, { provider }).run('once')).toEqual({ ok: true })
  expect(arrived).toHaveLength(2)
})

test.for([
  ['unauthenticated', false],
  ['unavailable', false],
  ['unauthenticated', true],
  ['unavailable', true],
] as const)('no credentials that are %s, renewed %s, say so', async ([kind, onRenewal]) => {
  const { origin, arrived } = await httpServer(answers(401, HUAWEI.refusal('DCS.1002', 'expired')))
  const provider = async (_service: Service, _place: AccountRegion, { refresh = false }: Lookup = {}) => {
    if (refresh === onRenewal) throw new NoCredentials(kind, 'the secret cannot be read')
    return HUAWEI.provider(origin)
  }
  expect(await scene(HUAWEI, origin, { provider }).failure('once')).toEqual({
    operation: 'test.thing.once',
    kind,
    change: 'none',
    what: 'the secret cannot be read',
    unsent: true,
  })
  expect(arrived).toHaveLength(onRenewal ? 1 : 0)
})

test('an error of the source that is no lack of credentials is passed on as it is', async () => {
  const provider = () => Promise.reject(new RangeError('a bug'))
  await expect(scene(HUAWEI, '', { provider }).run('read')).rejects.toThrow(RangeError)
})

test('a source of credentials that hangs does not hold a call beyond its deadline', async () => {
  const { call } = scene(HUAWEI, '', { provider: () => new Promise(() => {}) })
  const context = { region: 'test-1', deadlineAtMs: Date.now() + 100 }
  const ended = call(thing(HUAWEI, 'once'), { id: 'a' }, context).then(
    () => 'ended',
    () => 'ended',
  )
  expect(await ended).toBe('ended')
})

test('a key that no header can hold is no trouble that passes', async () => {
  const provider = async () => HUAWEI.provider('http://127.0.0.1:1', { id: `${KEYS.id}\n` })
  const { failure, waits } = scene(HUAWEI, '', { provider })
  const facts = await failure('once')
  expect([facts.change, mayPass(facts), waits]).toEqual(['none', false, []])
})

test('bad input asks for no credentials', async () => {
  const asked: unknown[] = []
  const provider = async () => {
    asked.push(1)
    return HUAWEI.provider('http://127.0.0.1:1')
  }
  const { call } = scene(HUAWEI, '', { provider })
  const context = { region: 'test-1', deadlineAtMs: Date.now() + 100 }
  await expect(call(thing(HUAWEI, 'once'), {} as never, context)).rejects.toMatchObject({ facts: { kind: 'input' } })
  expect(asked).toEqual([])
})
