import { expect, test } from 'vitest'
import type { EmrQuirks } from '../../../../lib/standalone/clouds/emr/quirks.ts'
import { errorOf, LAB, order, startEmr } from './client.ts'

const START_STOP = 'StartStopServiceOrMonitor'
const LIST = { DisplayStrategy: 'clusterList' }
const RESTART = order('RestartService', LAB, ['HDFS'])

/** Long against a loop-back answer; only for requests that are to get none. */
const HANG_MS = 300

/** How a request ends for the client: what it was answered, or that it was not. */
async function endOf(sending: (signal: AbortSignal) => Promise<Response>, patienceMs = 4_000): Promise<unknown> {
  const signal = AbortSignal.timeout(patienceMs)
  try {
    const response = await sending(signal)
    return [response.status, verdictIn(await response.text())]
  } catch (error) {
    return signal.aborted ? 'no answer' : error instanceof Error ? 'broken off' : error
  }
}

function verdictIn(text: string): string {
  if (text.length > 20_000_000) return 'huge'
  try {
    const { Response } = JSON.parse(text) as { Response?: { Error?: { Code: string } } }
    return Response ? (Response.Error?.Code ?? 'fine') : 'no Response'
  } catch {
    return text === '' ? 'empty' : 'not JSON'
  }
}

const faults: [keyof EmrQuirks, unknown, boolean][] = [
  ['throttle', [200, 'RequestLimitExceeded'], false],
  ['serverErrorBefore', [200, 'InternalError.WoodServerError'], false],
  ['serverErrorAfter', [200, 'InternalError.WoodServerError'], true],
  ['badGatewayBefore', [502, 'not JSON'], false],
  ['badGatewayAfter', [502, 'not JSON'], true],
  ['hangBefore', 'no answer', false],
  ['hangAfter', 'no answer', true],
  ['resetBefore', 'broken off', false],
  ['resetAfter', 'broken off', true],
  ['redirect', [302, 'empty'], false],
  ['truncatedBody', 'broken off', true],
  ['notJsonBody', [200, 'not JSON'], true],
  ['noResponse', [200, 'no Response'], true],
  ['hugeBody', [200, 'huge'], true],
]

test.for(faults)('%s: answers a write with %j, carried out: %s', async ([name, end, isCarriedOut]) => {
  const { emr, send } = await startEmr({ quirks: { [name]: 1 } })
  const patienceMs = end === 'no answer' ? HANG_MS : undefined
  expect(await endOf((signal) => send(START_STOP, RESTART, { signal }), patienceMs)).toEqual(end)
  expect([emr.state.works.length, emr.requests.length]).toEqual([isCarriedOut ? 1 : 0, 1])
  expect(emr.quirks[name]).toEqual({ count: 0, on: expect.any(String) })
  const next = await endOf((signal) => send(START_STOP, RESTART, { signal }))
  expect(next).toEqual([200, isCarriedOut ? 'ResourceInUse.InstanceInProcess' : 'fine'])
})

test('spares reads from the faults of writes, and hits the sort that the dose names', async () => {
  const { send } = await startEmr({ quirks: { serverErrorBefore: 1, hangBefore: { count: 1, on: 'reads' } } })
  const read = (signal: AbortSignal) => send('DescribeInstances', LIST, { signal })
  const write = (signal: AbortSignal) => send(START_STOP, RESTART, { signal })
  expect([await endOf(read, HANG_MS), await endOf(write), await endOf(read)]).toEqual([
    'no answer',
    [200, 'InternalError.WoodServerError'],
    [200, 'fine'],
  ])
})

test('records what was never answered as 0', async () => {
  const { emr, send } = await startEmr({ quirks: { hangAfter: 1 } })
  await endOf((signal) => send(START_STOP, RESTART, { signal }), HANG_MS)
  expect(emr.requests).toMatchObject([{ action: START_STOP, instances: [LAB], status: 0 }])
})

test.for<[Partial<EmrQuirks>, string]>([
  [{ throttle: 1, throttleCode: 'RequestLimitExceeded.UinLimitExceeded' }, 'RequestLimitExceeded.UinLimitExceeded'],
  [{ throttle: 1, throttleCode: 'RequestLimitExceeded.IPLimitExceeded' }, 'RequestLimitExceeded.IPLimitExceeded'],
  [
    { throttle: 1, throttleCode: 'RequestLimitExceeded.GlobalRegionUinLimitExceeded' },
    'RequestLimitExceeded.GlobalRegionUinLimitExceeded',
  ],
  [{ serverErrorBefore: 1, serverErrorCode: 'InternalError.CamCgwError' }, 'InternalError.CamCgwError'],
  [{ serverErrorAfter: 1, serverErrorCode: 'FailedOperation' }, 'FailedOperation'],
])('answers with the code that is set: %j', async ([quirks, code]) => {
  const { ask } = await startEmr({ quirks })
  expect(await ask(START_STOP, RESTART)).toEqual(errorOf(code))
})

test('redirects to where the quirk says', async () => {
  const { emr, send } = await startEmr({ quirks: { redirect: 2 } })
  const near = await send('DescribeInstances', LIST)
  emr.quirks.redirectTo = 'http://127.0.0.2:1/'
  const far = await send('DescribeInstances', LIST)
  expect([near, far].map((response) => response.headers.get('location'))).toEqual(['/moved', 'http://127.0.0.2:1/'])
})

test('closes while a request still hangs', async () => {
  const { emr, send } = await startEmr({ quirks: { hangBefore: 1 } })
  const hanging = endOf((signal) => send('DescribeInstances', LIST, { signal }))
  await expect.poll(() => emr.requests.length).toBe(1)
  await emr.close()
  expect(await hanging).toBe('broken off')
})
