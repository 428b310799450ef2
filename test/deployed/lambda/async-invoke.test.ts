import { expect, test } from 'vitest'
import { asyncInvoker } from './async-invoke.ts'
import { FunctionError } from './function-error.ts'

/** Fails so often, then goes well. */
function failing(times: number) {
  let tries = 0
  const invoke = async (): Promise<undefined> => {
    if (++tries <= times) throw new FunctionError('crashed', 'F', 'as the test wants it')
  }
  const functions = [{ id: 'F', asyncRetries: 2 }] as never // all that it reads of them
  const options = { functions, invoke, sqs: {} as never, attributes: new Map(), retryDelaysMs: [10, 10] }
  return { start: asyncInvoker({ ...options, onError: () => {} } as never).start, tries: () => tries }
}

test.for([
  [0, true, 1],
  [1, false, 2],
  [5, false, 3],
] as const)(
  'of an event whose function fails %i times, the first try went well: %s',
  async ([times, wentWell, all]) => {
    const { start, tries } = failing(times)
    expect(await start('F', {})).toEqual(wentWell && { result: undefined })
    await expect.poll(tries).toBe(all)
  },
)
