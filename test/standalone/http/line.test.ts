import { expect, test } from 'vitest'
import { startGateway } from '../../../lib/standalone/http/gateway.ts'

const route = (path: string, functionId: string) => ({
  id: functionId,
  key: `GET ${path}`,
  method: 'GET',
  path,
  function: functionId,
  timeoutMs: 10_000,
  authorization: 'NONE' as const,
})

test('what comes when too many are in line is answered 503 at once, and the function is not asked', async () => {
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
    { type: 'about:blank', status: 503, title: 'Too many at once', detail: 'Send it again: nothing was done' },
  ])
  expect((await get('/other')).status).toBe(200)

  held.resolve()
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200])
  expect((await get('/slow')).status).toBe(200)
  expect(asked).toEqual(['Slow', 'Slow', 'Other', 'Slow'])
  await gateway.close()
})
