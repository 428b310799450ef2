import { describe, expect, test } from 'vitest'
import { CloudError, type ErrorKind } from '../../lib/cloud/errors.ts'
import { judge, type Observation, type Probe } from '../../lib/cloud/tracking.ts'
import { type Conclusion, conclude } from '../../lib/runs/progress.ts'
import type { Run } from '../../lib/runs/run.ts'
import type { State } from '../../lib/runs/states.ts'
import { createWorld } from '../world/world.ts'

const VALUES = { RUNNING: 'done', RESTARTING: 'pending', ERROR: 'failed' } as const
const PROBE: Probe<unknown> = {
  name: 'status',
  values: VALUES,
  consecutive: 2,
  unchangedSeconds: 60,
  settledAfter: 3,
  look: async () => judge(VALUES, 'RUNNING'),
}
const ACCEPTED = Date.parse('2026-01-01T00:00:00Z')

const says = (value: string, before?: string): Observation => ({ ...judge(VALUES, value), asBefore: value === before })
const error = (kind: ErrorKind): CloudError =>
  new CloudError({ operation: 'x', kind, change: 'none', what: 'y', code: 'C' })

/** What the last of a series of looks means, ten seconds apart. */
async function concluded(
  looks: (Observation | CloudError)[],
  state: State = 'tracking',
  secondsApart = 10,
  probe = PROBE,
  seen = {},
): Promise<Conclusion> {
  const accepted = await createWorld().accept({})
  let run: Run = {
    ...accepted,
    state,
    acceptedAt: '2026-01-01T00:00:00.000Z',
    progress: { ...accepted.progress, seen },
  }
  let conclusion: Conclusion = { progress: run.progress, done: false }
  for (const [index, look] of looks.entries()) {
    conclusion = conclude(run, probe, look, ACCEPTED + (index + 1) * secondsApart * 1000)
    run = { ...run, progress: conclusion.progress }
  }
  return conclusion
}

const R = says('RUNNING')
const B = says('RESTARTING')
const E = says('ERROR')
const asBefore = says('RUNNING', 'RUNNING')

describe('done', () => {
  test.for<[string, (Observation | CloudError)[], boolean]>([
    ['once', [R], false],
    ['twice in a row', [B, R, R], true],
    ['twice, but not in a row', [R, B, R], false],
    ['twice, with a failed look between', [B, R, error('unavailable'), R], false],
    ['as before, six times, in a minute', Array(5).fill(asBefore), false],
    ['as before, after a minute', Array(6).fill(asBefore), true],
    ['as before, but seen at work', [B, asBefore, asBefore], true],
    ['as before, with failed looks only', [asBefore, error('timeout'), asBefore, asBefore], false],
    ['an unlisted value three times', [says('OFF'), says('OFF'), says('OFF')], true],
    ['an unlisted value twice', [says('OFF'), says('OFF')], false],
    ['an unlisted value as before', Array(5).fill(says('OFF', 'OFF')), false],
  ])('%s: %s', async ([, looks, done]) => {
    expect((await concluded(looks)).done).toBe(done)
  })
})

test('what was seen before it was sent is no sign that the work has begun', async () => {
  const before = { 'before BACKUP ASKED FOR': 1 }
  expect((await concluded(Array(4).fill(asBefore), 'tracking', 10, PROBE, before)).done).toBe(false)
  expect((await concluded(Array(6).fill(asBefore), 'tracking', 10, PROBE, before)).done).toBe(true)
})

describe('failed', () => {
  test.for<[string, Observation[], string | undefined]>([
    ['once', [B, E], undefined],
    ['twice in a row', [B, E, E], 'failed'],
    ['as before', Array(9).fill(says('ERROR', 'ERROR')), undefined],
    ['as before, but seen at work', [B, says('ERROR', 'ERROR'), says('ERROR', 'ERROR')], 'failed'],
  ])('%s: %s', async ([, looks, state]) => {
    expect((await concluded(looks)).end?.state).toBe(state)
  })
})

describe('a look that fails', () => {
  test.for<[string, ErrorKind[], number, string | undefined]>([
    ['not found three times in a minute', ['not-found', 'not-found', 'not-found'], 20, undefined],
    ['not found three times in two minutes', ['not-found', 'not-found', 'not-found'], 40, 'unknown'],
    ['not found twice', ['not-found', 'not-found'], 60, undefined],
    ['not found three times, not in a row', ['not-found', 'not-found', 'unavailable', 'not-found'], 60, undefined],
    ['denied for long', ['denied', 'denied', 'denied', 'denied', 'denied'], 60, undefined],
  ])('%s: %s', async ([, kinds, secondsApart, state]) => {
    const conclusion = await concluded(kinds.map(error), 'tracking', secondsApart)
    expect(conclusion.end?.state).toBe(state)
    if (state) expect(conclusion.end?.outcome.providerDone).toBe(false)
  })

  test('at the deadline ends it as timed-out, with what was seen', async () => {
    const { end } = await concluded([B, B, error('unavailable')], 'tracking', 15 * 60)
    expect(end).toMatchObject({
      state: 'timed-out',
      outcome: { summary: expect.stringMatching(/Seen: RESTARTING x2, error C x1$/) },
    })
  })

  test.for(['unsupported', 'invalid'] as const)(
    'as %s leaves the provider its word, where that is proof enough',
    async (kind) => {
      const looked = await concluded([error(kind)], 'verifying', 10, { ...PROBE, dispensable: true })
      expect(looked).toMatchObject({ done: true, note: expect.stringContaining('cannot be looked at') })
    },
  )

  test.for(['unsupported', 'invalid'] as const)(
    'as %s is no success where the look is the only proof',
    async (kind) => {
      expect(await concluded([error(kind)], 'verifying')).toMatchObject({ done: false })
      expect((await concluded(Array(20).fill(error(kind)), 'verifying')).end).toMatchObject({ state: 'unknown' })
    },
  )
})

describe('what the resource never shows', () => {
  const failure = {
    state: 'failed',
    outcome: { summary: expect.stringContaining('does not show it: status RESTARTING') },
  }

  test('is a failure after five minutes of the same', async () => {
    expect((await concluded(Array(30).fill(B), 'verifying')).end).toBeUndefined()
    expect((await concluded(Array(31).fill(B), 'verifying')).end).toMatchObject(failure)
  })

  test('is a failure after three looks at least', async () => {
    expect((await concluded([B, B], 'verifying', 400)).end).toBeUndefined()
    expect((await concluded([B, B, B], 'verifying', 400)).end).toMatchObject(failure)
  })

  test('is none while it still changes', async () => {
    const looks = Array.from({ length: 60 }, (_, index) => says(`${index} OF 60`))
    expect((await concluded(looks, 'verifying')).end).toBeUndefined()
  })

  test('is none while the provider is at work', async () => {
    expect((await concluded(Array(60).fill({ ...B, atWork: true }), 'verifying')).end).toBeUndefined()
  })

  test('is named in the summary', async () => {
    const detail = 'not DataNode on 10.0.0.7'
    const { end } = await concluded(Array(31).fill({ ...B, detail }), 'verifying')
    expect(end?.outcome.summary).toMatch(/: status RESTARTING, not DataNode on 10\.0\.0\.7$/)
  })
})

test('a cloud that invents values does not grow the record', async () => {
  const { progress } = await concluded(
    Array.from({ length: 100 }, (_, index) => says(`VALUE ${index} ${'x'.repeat(500)}`)),
  )
  expect(Object.keys(progress.seen)).toHaveLength(31)
  expect(progress.seen.others).toBe(70)
  expect(JSON.stringify(progress).length).toBeLessThan(4_000)
})
