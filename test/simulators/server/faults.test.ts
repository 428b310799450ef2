import { describe, expect, test } from 'vitest'
import { HANG_MS } from './ending.ts'
import { type FaultRow, SIDES } from './sides.ts'

/** Faults behave alike in both clouds. */
const plain: FaultRow[] = [
  ['badGatewayBefore', [502, 'not JSON'], false],
  ['badGatewayAfter', [502, 'not JSON'], true],
  ['hangBefore', 'no answer', false],
  ['hangAfter', 'no answer', true],
  ['resetBefore', 'broken off', false],
  ['resetAfter', 'broken off', true],
  ['truncatedBody', 'broken off', true],
  ['notJsonBody', [200, 'not JSON'], true],
  ['hugeBody', [200, 'huge'], true],
]

describe.for(SIDES)('%s', ([, { start, endOf, faults, busy, serverError, redirectTo }]) => {
  test.for([...plain, ...faults])('%s: answers a write with %j, carried out: %s', async ([name, end, isCarriedOut]) => {
    const { simulator, write } = await start({ quirks: { [name]: 1 } })
    const patienceMs = end === 'no answer' ? HANG_MS : undefined
    expect(await endOf(write, patienceMs)).toEqual(end)
    expect([simulator.state.works.length, simulator.requests.length]).toEqual([isCarriedOut ? 1 : 0, 1])
    expect(simulator.quirks).toMatchObject({ [name]: { count: 0 } })
    expect(await endOf(write)).toEqual(isCarriedOut ? busy : [200, 'fine'])
  })

  test('spares reads from the faults of writes, and hits the kind that the dose names', async () => {
    const { read, write } = await start({ quirks: { serverErrorBefore: 1, hangBefore: { count: 1, on: 'reads' } } })
    const ends = [await endOf(read, HANG_MS), await endOf(write), await endOf(read)]
    expect(ends).toEqual(['no answer', serverError, [200, 'fine']])
  })

  test('redirects to where the quirk says, once for each of its dose', async () => {
    const { simulator, read, write } = await start({ quirks: { redirect: 2 } })
    const first = await write()
    simulator.quirks.redirectTo = 'http://127.0.0.1:9/elsewhere'
    const answers = [first, await read(), await read()]
    expect(answers.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
      [302, redirectTo],
      [302, 'http://127.0.0.1:9/elsewhere'],
      [200, null],
    ])
    expect(simulator.state.works).toEqual([])
  })

  test('records what was never answered as 0', async () => {
    const { simulator, write } = await start({ quirks: { hangAfter: 1 } })
    await endOf(write, HANG_MS)
    expect(simulator.requests).toMatchObject([{ status: 0 }])
  })

  test('closes while a request still hangs', async () => {
    const { simulator, read } = await start({ quirks: { hangBefore: 1 } })
    const hanging = endOf(read)
    await expect.poll(() => simulator.requests.length).toBe(1)
    await simulator.close()
    expect(await hanging).toBe('broken off')
  })
})
