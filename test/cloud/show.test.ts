import { expect, test } from 'vitest'
import { createCall } from '../../lib/cloud/call.ts'
import { huaweiProvider } from '../../lib/cloud/huawei/provider.ts'
import { NoCredentials, type WireRequest } from '../../lib/cloud/provider.ts'
import type { Service } from '../../lib/cloud/service.ts'
import { createShow, ShownRequest } from '../../lib/cloud/show.ts'
import { tencentProvider } from '../../lib/cloud/tencent/provider.ts'
import { asBatch } from '../../lib/services/batch.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { listTasks } from '../../lib/services/dcs/evidence/tasks.ts'
import { DCS } from '../../lib/services/dcs/service.ts'
import { sampleOf } from '../services/samples.ts'
import { KEYS } from './clouds.ts'

/** The request shown is the request sent, without keys. */

const NOW = Date.parse('2026-01-01T00:00:00Z')
const CONTEXT = { region: 'cn-north-4', deadlineAtMs: NOW + 10_000 }
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

const sent: WireRequest[] = []
const parts = {
  provider: (service: Service) =>
    service === DCS
      ? huaweiProvider(service, { accessKey: KEYS.id, secretKey: KEYS.secret, projectId: '0'.repeat(32) }, CONTEXT)
      : tencentProvider(service, { secretId: KEYS.id, secretKey: KEYS.secret, token: KEYS.token }, CONTEXT),
  nowMs: () => NOW,
}
const call = createCall({
  ...parts,
  send: async (wire) => {
    sent.push(wire)
    return { status: 400, headers: {}, text: '{}' }
  },
  random: () => 0,
  sleep: async () => {},
})
const show = createShow(parts)

/** The content of a recorded request, read without our own splitting. */
function read({ origin, method, path, body }: WireRequest): Omit<ShownRequest, 'api'> {
  const { host, pathname, searchParams } = new URL(`${origin}${path}`)
  const json = body === undefined ? {} : { body: JSON.parse(body) }
  return { method, host, path: pathname, query: Object.fromEntries(searchParams), ...json }
}

test.for([...CATALOGUE.values()])('$name is shown as it is sent', async (operation) => {
  const order = sampleOf(operation)
  sent.length = 0
  const shown = await show(operation, order, CONTEXT)
  expect(sent).toEqual([])
  await expect(call(operation, order, CONTEXT)).rejects.toThrow()
  const [wire] = sent
  expect(wire && { api: operation.api, ...read(wire) }).toEqual(shown)
  expect(ShownRequest.parse(shown)).toEqual(shown)
  const text = JSON.stringify(shown)
  for (const secret of [KEYS.id, KEYS.secret, KEYS.token, 'ignature']) expect(text).not.toContain(secret)
})

test('one call for many is shown as one', async () => {
  const operation = CATALOGUE.get('dcs.instance.flush')
  if (!operation) throw new Error('gone')
  const orders = [INSTANCE, INSTANCE.replace('f', 'a')].map((instanceId) => ({
    ...{ target: { instanceId }, params: {}, baseline: undefined },
  }))
  const shown = await asBatch(operation, orders, (one, input) => show(one, input, CONTEXT))
  expect(shown.body).toEqual({ instances: orders.map(({ target }) => target.instanceId), action: 'flush' })
})

test('a query is shown by name', async () => {
  expect(await show(listTasks, { sinceMs: NOW, offset: 0 }, CONTEXT)).toEqual({
    ...{ api: 'ListCenterTask', method: 'GET', host: 'dcs.cn-north-4.myhuaweicloud.com' },
    ...{ path: `/v2/${'0'.repeat(32)}/tasks`, query: { start_time: '20260101000000', offset: '0', limit: '100' } },
  })
})

test.for([
  ['what the schema refuses', parts, { sinceMs: 'x' }, 'input'],
  [
    'an account that is not configured',
    {
      ...parts,
      provider: () => {
        throw new NoCredentials('unauthenticated', 'no account')
      },
    },
    { sinceMs: NOW, offset: 0 },
    'unauthenticated',
  ],
] as const)('%s is the error that a call would give', async ([, own, input, kind]) => {
  await expect(createShow(own)(listTasks, input as never, CONTEXT)).rejects.toMatchObject({ facts: { kind } }) // no input of it
})
