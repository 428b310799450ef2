import { expect, test } from 'vitest'
import { LAB, ORDERS, START_MS, startDcs } from './client.ts'

test('dates every answer by its own clock', async () => {
  const { dcs, send, advance } = await startDcs({ quirks: { truncatedBody: 1 } })
  const project = dcs.credentials.projectId
  const truncated = await send('GET', '/tasks')
  await truncated.body?.cancel()
  advance(61_000)
  const answers = [
    await send('GET', '/tasks'),
    await send('GET', `/instances/${LAB}/backups`),
    await send('PUT', '/instances/status'),
    await fetch(`${dcs.url}/v2/${project}/tasks`),
    await fetch(`${dcs.url}/simulated/requests`),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 204, 400, 401, 200])
  expect([truncated, ...answers].map(({ headers }) => headers.get('date'))).toEqual([
    'Thu, 02 Jan 2025 03:04:05 GMT',
    ...answers.map(() => 'Thu, 02 Jan 2025 03:05:06 GMT'),
  ])
})

test('lets a client learn from a refusal how far its clock is off', async () => {
  const { send, clock } = await startDcs()
  const skewMs = 20 * 60_000
  const refused = await send('GET', '/tasks', { dateMs: START_MS + skewMs })
  const learnedMs = Date.parse(refused.headers.get('date') ?? '') - (START_MS + skewMs)
  clock.ms += 5_000
  const again = await send('GET', '/tasks', { dateMs: clock.ms + skewMs + learnedMs })
  expect([refused.status, learnedMs, again.status]).toEqual([401, -skewMs, 200])
})

test('takes so many requests a second to each API, and refuses the rest in the words of the field', async () => {
  const { dcs, send, ask, advance } = await startDcs({ quirks: { rateLimit: { limit: 2, seconds: 3 } } })
  const swap = async (id: string) => (await ask('PUT', `/instances/${id}/async-swap`)).status
  // The same API, whatever the instance.
  expect([await swap(LAB), await swap(LAB), await swap(ORDERS)]).toEqual([400, 400, 429])
  expect([await ask('GET', '/tasks'), await ask('GET', '/instances')]).toMatchObject([{ status: 200 }, { status: 200 }])
  const refused = await send('PUT', `/instances/${ORDERS}/async-swap`)
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
    429,
    null,
    {
      error_code: 'APIGW.0308',
      error_msg: 'The throttling threshold has been reached: policy ip over ratelimit,limit:2,time:3 second',
      error_ext_msg: null,
      request_id: refused.headers.get('x-request-id'),
    },
  ])
  expect(dcs.state.works).toEqual([])
  advance(2_999)
  const before = await swap(ORDERS)
  advance(1)
  expect([before, await swap(ORDERS), dcs.state.works.length]).toEqual([429, 200, 1])
})

test('says with the rate limit when to come again, if told so, and takes everything once it is off', async () => {
  const { dcs, send } = await startDcs({ quirks: { rateLimit: { limit: 1, seconds: 1 }, retryAfterSeconds: 2 } })
  const answers = [await send('GET', '/tasks'), await send('GET', '/tasks')]
  dcs.quirks.rateLimit = { limit: 0, seconds: 1 }
  answers.push(await send('GET', '/tasks'))
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [200, null],
    [429, '2'],
    [200, null],
  ])
})
