import { beforeEach, expect, test } from 'vitest'
import { accept, acceptAny, wasAccepted } from '../../../lib/runs/accept/accept.ts'
import type { RunRequest } from '../../../lib/runs/accept/draft.ts'
import { plan } from '../../../lib/runs/plan/plan.ts'
import type { CheckLocation } from '../../../lib/runs/ports.ts'
import { createWorld, type World } from '../../world/world.ts'

/** What can go nowhere is refused at the door: it uses up no key, holds nothing, and is not tried again for half an hour. */

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHER = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'
const REGIONS = { huawei: 'cn-north-4' }

const checkLocation: CheckLocation = async (_, { account, region }) => {
  if (account === 'nobody') return { field: 'account', message: 'no such account' }
  return region === 'eu-west-101' ? { field: 'region', message: 'no project there' } : undefined
}

let world: World
beforeEach(() => {
  world = createWorld()
  world.ports.checkLocation = checkLocation
})

const request = (target: object, idempotencyKey = 'k'): RunRequest => ({
  operation: 'dcs.instance.swap',
  target: { instanceId: CACHE, ...target },
  source: { kind: 'http', name: 'api', id: 'me' },
  collision: 'reject',
  idempotencyKey,
})

test.for<[object, string]>([
  [{ account: 'nobody' }, 'target.account: no such account'],
  [{ region: 'eu-west-101' }, 'target.region: no project there'],
])('%j is refused, and its key is free', async ([target, message]) => {
  await expect(accept(world.ports, request(target), REGIONS)).rejects.toThrow(message)
  const show = async () => Promise.reject(new Error('not asked for'))
  await expect(
    plan({ ...world.ports, show }, request(target), { regions: REGIONS, deadlineAtMs: world.now() + 1_000 }),
  ).rejects.toThrow(message)
  expect([world.runs.size, world.leases.size, world.letters.length]).toEqual([0, 0, 0])
  expect(await accept(world.ports, request({}), REGIONS)).toMatchObject({ created: true })
})

test('of many, each is named, and none is made', async () => {
  const { target: _, ...rest } = request({})
  const targets = [{ instanceId: CACHE }, { instanceId: OTHER, account: 'nobody' }]
  await expect(acceptAny(world.ports, { ...rest, targets }, REGIONS)).rejects.toThrow(
    'targets.1.account: no such account',
  )
  expect(world.runs.size).toBe(0)
})

test('what was accepted when it could go there is a repeat', async () => {
  delete world.ports.checkLocation
  const { run } = await accept(world.ports, request({ account: 'nobody' }), REGIONS)
  world.ports.checkLocation = checkLocation
  expect(await accept(world.ports, request({ account: 'nobody' }), REGIONS)).toMatchObject({
    created: false,
    run: { id: run.id },
  })
})

test('of a batch that was made by half, the missing half is refused where it can go nowhere', async () => {
  const { target: _, ...rest } = request({})
  delete world.ports.checkLocation
  await acceptAny(world.ports, { ...rest, targets: [{ instanceId: CACHE }, { instanceId: OTHER }] }, REGIONS)
  const second = [...world.runs.keys()].at(-1) ?? ''
  world.runs.delete(second)
  world.ports.checkLocation = checkLocation
  const elsewhere = [{ instanceId: CACHE }, { instanceId: OTHER, account: 'nobody' }]
  await expect(acceptAny(world.ports, { ...rest, targets: elsewhere }, REGIONS)).rejects.toThrow('targets.1.account')
  expect(world.runs.size).toBe(1)
})

test('all of a batch, or a request, was accepted before, or it was not', async () => {
  const { target: _, ...rest } = request({})
  const batch = { ...rest, targets: [{ instanceId: CACHE }, { instanceId: OTHER }] }
  const known = () => wasAccepted(world.ports, batch, REGIONS)
  expect(await known()).toBe(false)
  await acceptAny(world.ports, batch, REGIONS)
  expect(await known()).toBe(true)
  world.runs.delete([...world.runs.keys()].at(-1) ?? '')
  expect(await known()).toBe(false)
  expect(await wasAccepted(world.ports, request({}, 'other'), REGIONS)).toBe(false)
})
