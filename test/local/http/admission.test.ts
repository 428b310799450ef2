import { expect, test } from 'vitest'
import { createAdmission } from '../../../lib/local/http/admission.ts'
import { startGateway } from '../../../lib/local/http/gateway.ts'

const route = (path: string, functionId: string) => ({
  key: `GET ${path}`,
  method: 'GET',
  path,
  function: functionId,
  timeoutMs: 10_000,
  authorization: 'NONE' as const,
})

test('a request that finds the line full is answered 503 at once, and no function is called', async () => {
  const asked: string[] = []
  const held = Promise.withResolvers<void>()
  const gateway = await startGateway({
    routes: [route('/slow', 'Slow'), route('/other', 'Other')],
    localRoutes: {},
    access: { address: '127.0.0.1' },
    port: 0,
    maxInLine: 2,
    invoke: async (functionId) => {
      asked.push(functionId)
      if (functionId === 'Slow') await held.promise
      return { statusCode: 200, body: 'done' }
    },
    onError: () => undefined,
  })
  const get = (path: string) => fetch(`${gateway.url}${path}`)
  const first = [get('/slow'), get('/slow')]
  await expect.poll(() => asked.length).toBe(2)

  const third = await get('/slow')
  expect([third.status, third.headers.get('retry-after'), await third.json()]).toEqual([
    503,
    '5',
    {
      type: expect.stringMatching(/\/problems\/overloaded$/),
      status: 503,
      title: 'Overloaded',
      detail: 'Too many requests at once. Nothing was done: send the request again',
    },
  ])
  expect((await get('/other')).status).toBe(200)

  held.resolve()
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200])
  expect((await get('/slow')).status).toBe(200)
  expect(asked).toEqual(['Slow', 'Slow', 'Other', 'Slow'])
  await gateway.close()
})

const MB = 1024 * 1024

test.for([
  ['of 1 MiB', MB, 64],
  ['of 900 KiB', 900 * 1024, 72],
  ['of 16 KiB', 16 * 1024, 100],
  ['of 10 MiB, which keep room from each other', 10 * MB, 2],
  ['of 2 MiB', 2 * MB, 20],
] as const)('bodies %s are held so many at once', ([, bytes, most]) => {
  const admission = createAdmission()
  const requests = Array.from({ length: 100 }, () => admission.enter('One', 100))
  const held = requests.filter((request) => request?.hold(bytes))
  expect([held.length, admission.enter('One', 100), admission.enter('Other', 100)?.hold(bytes)]).toEqual([
    most,
    undefined,
    true,
  ])
  // A held body may be counted again; leaving frees everything.
  expect(held[0]?.hold(bytes)).toBe(true)
  for (const request of requests) request?.leave()
  expect(
    Array.from({ length: 100 }, () => admission.enter('One', 100)).filter((request) => request?.hold(bytes)),
  ).toHaveLength(most)
})

test('a body that finds no room keeps what it has, and there is still room for smaller ones', () => {
  const admission = createAdmission()
  const [large, other] = [admission.enter('One', 100), admission.enter('One', 100)]
  expect([large?.hold(MB), large?.hold(22 * MB), large?.hold(21 * MB)]).toEqual([true, false, true])
  expect([other?.hold(2 * MB), other?.hold(MB)]).toEqual([false, true])
})
