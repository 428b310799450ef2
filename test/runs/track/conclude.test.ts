import { describe, expect, test } from 'vitest'
import { CloudError, type ErrorKind } from '../../../lib/cloud/errors.ts'
import type { Run } from '../../../lib/runs/run.ts'
import type { State } from '../../../lib/runs/states.ts'
import { type Conclusion, conclude } from '../../../lib/runs/track/conclude.ts'
import { judge, type Observation, type Probe } from '../../../lib/services/tracking.ts'
import { createWorld } from '../../world/world.ts'

const VALUES = { RUNNING: 'done', RESTARTING: 'pending', ERROR: 'failed' } as const
const PROBE: Probe<unknown> = {
  name: 'status',
  values: VALUES,
  consecutive: 2,
  unchangedSeconds: 60,
  observe: async () => judge(VALUES, 'RUNNING'),
}
const ACCEPTED = Date.parse('2026-01-01T00:00:00Z')

const says = (value: string, before?: string): Observation => ({ ...judge(VALUES, value), asBefore: value === before })
const error = (kind: ErrorKind): CloudError =>
  new CloudError({ operation: 'x', kind, change: 'none', what: 'y', code: 'C' })

/** What the last of a series of observations means, ten seconds apart. */
async function concluded(
  observations: (Observation | CloudError)[],
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
    progress: { ...accepted.progress, observedCounts: seen },
  }
  let conclusion: Conclusion = { changes: { progress: run.progress }, done: false }
  for (const [index, observation] of observations.entries()) {
    conclusion = conclude({ run, probe, nowMs: ACCEPTED + (index + 1) * secondsApart * 1000 }, observation)
    run = { ...run, ...conclusion.changes }
  }
  return conclusion
}

const R = says('RUNNING')
const P = says('RESTARTING')
const B: Observation = { ...P, atWork: true }
const E = says('ERROR')
const asBefore = says('RUNNING', 'RUNNING')

describe('done', () => {
  const offAtWork: Observation = { ...says('OFF'), atWork: true }
  const unseen = error('unavailable')
  test.for<[string, (Observation | CloudError)[], boolean, number?]>([
    ['once', [R], false],
    ['twice in a row', [B, R, R], true],
    ['twice, but not in a row', [R, B, R], false],
    ['twice, with failed observations between', [B, R, unseen, unseen, R], true],
    ['once, and an observation that failed', [B, R, unseen], false],
    ['as before, five times in 50 s', Array(5).fill(asBefore), false],
    ['as before, six times in a minute', Array(6).fill(asBefore), true],
    ['as before, five times in a minute', Array(5).fill(asBefore), true, 12],
    ['as before, four times in two minutes', Array(4).fill(asBefore), false, 30],
    ['as before, four times in three minutes', Array(4).fill(asBefore), true, 45],
    [
      'as before, four times, and failed observations',
      [asBefore, unseen, unseen, asBefore, asBefore, asBefore],
      false,
      29,
    ],
    ['the same for three minutes', [asBefore, unseen, unseen, asBefore, asBefore, asBefore], true, 30],
    [
      'as before, five times, and a failed observation',
      [asBefore, asBefore, unseen, asBefore, asBefore, asBefore],
      true,
    ],
    [
      'as before twice, soon after it was seen at work: that may be the state before it',
      [B, asBefore, asBefore],
      false,
    ],
    ['as before three times, soon after it was seen at work', [B, asBefore, asBefore, asBefore], true],
    ['as before twice, three minutes after it was seen at work', [B, asBefore, asBefore], true, 60],
    ['as before twice, a little sooner', [B, asBefore, asBefore], false, 59],
    ['as before, after another value that is no work', [P, asBefore, asBefore], false],
    ['as before, after work of an unlisted value', [offAtWork, asBefore, asBefore], false],
    ['an unlisted value, ever so often', Array(20).fill(says('OFF')), false],
    ['an unlisted value as before', Array(5).fill(says('OFF', 'OFF')), false],
  ])('%s: %s', async ([, observations, done, secondsApart]) => {
    expect((await concluded(observations, 'tracking', secondsApart)).done).toBe(done)
  })
})

test('what was seen before it was sent is no sign that the work has begun', async () => {
  const before = { 'before BACKUP REQUESTED': 1 }
  expect((await concluded(Array(5).fill(asBefore), 'tracking', 10, PROBE, before)).done).toBe(false)
  expect((await concluded(Array(6).fill(asBefore), 'tracking', 10, PROBE, before)).done).toBe(true)
})

describe('failed', () => {
  test.for<[string, Observation[], string | undefined]>([
    ['once', [B, E], undefined],
    ['twice in a row', [B, E, E], 'failed'],
    ['as before, three times in half a minute', Array(3).fill(says('ERROR', 'ERROR')), undefined],
    ['as before, for six minutes', Array(36).fill(says('ERROR', 'ERROR')), undefined],
    ['as before twice, just after it was seen at work', [B, ...Array(2).fill(says('ERROR', 'ERROR'))], undefined],
    ['as before three times, after it was seen at work', [B, ...Array(3).fill(says('ERROR', 'ERROR'))], 'failed'],
  ])('%s: %s', async ([, observations, state]) => {
    expect((await concluded(observations)).end?.state).toBe(state)
  })
})

describe('the next observation comes', () => {
  test.for<[string, (Observation | CloudError)[], number | undefined]>([
    ['soon after an observation of done', [B, R], 5_000],
    ['soon where the resource is as before for long', [asBefore, asBefore, asBefore, asBefore, asBefore, P, R], 5_000],
    ['when what is as before may be believed', [asBefore, asBefore], 40_000],
    ['as planned while it works', [B], undefined],
    ['within 45 s after a failed observation', [B, R, error('timeout')], 45_000],
    ['within 45 s after one that fails for good, at first', [B, error('not-found')], 45_000],
    ['as planned after one that succeeds again', [B, error('timeout'), B], undefined],
    ['as planned after what may be a failure', [B, E], undefined],
  ])('%s', async ([, observations, waitMs]) => {
    const { soonMs, againMs } = await concluded(observations)
    expect(soonMs ?? againMs).toBe(waitMs)
  })
})

describe('what is kept of the observations', () => {
  test('is that it was seen at work, and its job', async () => {
    const { changes } = await concluded([{ ...B, jobId: 'j' }])
    expect([changes.sawWork, changes.job]).toEqual([true, { id: 'j' }])
  })

  test.for<[string, Observation | CloudError]>([
    ['a value that is no work', P],
    ['work of an unlisted value', { ...says('OFF'), atWork: true }],
    ['an observation that failed', error('timeout')],
  ])('is not that it was at work: %s', async ([, observation]) => {
    expect((await concluded([observation])).changes).not.toHaveProperty('sawWork', true)
  })

  test.for<[string, Observation[], string[]]>([
    ['where the observation says so', Array(2).fill({ ...R, proof: 'it is well' }), ['it is well']],
    ['where it does not', [R, R], ['status RUNNING']],
    ['after work', [B, asBefore, asBefore, asBefore], ['status RUNNING']],
    ['as before', Array(6).fill(asBefore), ['status RUNNING, and showed nothing else for 60 s']],
  ])('is what proves the end: %s', async ([, observations, proofs]) => {
    expect((await concluded(observations)).changes.proofs).toEqual(proofs)
  })

  test('is the proof of each probe, in order', async () => {
    const { changes } = await concluded([B, R, R])
    const run: Run = { ...(await createWorld().accept({})), ...changes, state: 'verifying' }
    const second = conclude({ run, probe: { ...PROBE, name: 'nodes', consecutive: 1 }, nowMs: ACCEPTED + 60_000 }, R)
    expect([second.done, second.changes.proofs]).toEqual([true, ['status RUNNING', 'nodes RUNNING']])
  })

  test('proves nothing where nothing was seen', async () => {
    const conclusion = await concluded([error('unsupported')], 'verifying', 10, { ...PROBE, dispensable: true })
    expect([conclusion.done, conclusion.changes.proofs]).toEqual([true, undefined])
  })
})

describe('after the deadline', () => {
  const DEADLINE_SECONDS = 40 * 60
  const unseen = error('unavailable')
  /** The last three are within the two minutes after the deadline. */
  const every40s = (observation: CloudError): CloudError[] => Array(63).fill(observation)
  test.for<[string, (Observation | CloudError)[], number, string | undefined]>([
    ['work goes on', [B], 119, undefined],
    ['work ends it after two minutes', [B], 120, 'timed-out'],
    ['what is no work goes on', [P], 119, undefined],
    ['what is no work ends it after two minutes', [P], 120, 'timed-out'],
    ['an observation of done goes on', [R], 120, undefined],
    ['an observation of done goes on after two hours', [R], 7_200, undefined],
    ['an observation of done that is at work two hours later ends it', [R, B], 7_200, 'timed-out'],
    ['three observations that fail go on', every40s(unseen), 119, undefined],
    ['three observations that fail end it after two minutes', every40s(unseen), 120, 'timed-out'],
    ['two observations that fail go on after two minutes', Array(21).fill(unseen), 120, undefined],
    ['one observation that fails goes on after two hours', [unseen], 7_200, undefined],
    ['three observations that are denied end it after two minutes', every40s(error('denied')), 120, 'timed-out'],
  ])('%s', async ([, observations, seconds, state]) => {
    const { end, done } = await concluded(observations, 'tracking', (DEADLINE_SECONDS + seconds) / observations.length)
    expect([end?.state, done]).toEqual([state, false])
  })

  test('its observations are counted, those before it are not', async () => {
    expect((await concluded([B, unseen, B, unseen], 'tracking', DEADLINE_SECONDS / 3)).changes.lateLooks).toBe(2)
    expect((await concluded([B, unseen], 'tracking', 60)).changes).not.toHaveProperty('lateLooks')
  })

  test('what was confirmed has succeeded, whenever that was', async () => {
    const { done, end } = await concluded([B, R, R], 'tracking', DEADLINE_SECONDS)
    expect([done, end]).toEqual([true, undefined])
  })
})

describe('an observation that fails', () => {
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

  test('long after the deadline ends it as timed-out, with what was seen', async () => {
    const { end } = await concluded([B, B, error('unavailable'), error('unavailable')], 'tracking', 20 * 60)
    expect(end).toMatchObject({
      state: 'timed-out',
      outcome: { summary: expect.stringMatching(/Observed: RESTARTING x2, error C x2$/) },
    })
  })

  test.for(['unsupported', 'invalid'] as const)(
    'as %s leaves the provider its word, where that is proof enough',
    async (kind) => {
      const conclusion = await concluded([error(kind)], 'verifying', 10, { ...PROBE, dispensable: true })
      expect(conclusion).toMatchObject({ done: true, note: expect.stringContaining('cannot be read') })
    },
  )

  test.for(['unsupported', 'invalid'] as const)(
    'as %s is no success where the observation is the only proof',
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
    expect((await concluded(Array(30).fill(P), 'verifying')).end).toBeUndefined()
    expect((await concluded(Array(31).fill(P), 'verifying')).end).toMatchObject(failure)
  })

  test('is a failure after three observations at least', async () => {
    expect((await concluded([P, P], 'verifying', 400)).end).toBeUndefined()
    expect((await concluded([P, P, P], 'verifying', 400)).end).toMatchObject(failure)
  })

  test('is none while it still changes', async () => {
    const observations = Array.from({ length: 60 }, (_, index) => says(`${index} OF 60`))
    expect((await concluded(observations, 'verifying')).end).toBeUndefined()
  })

  test('is none while the provider is at work', async () => {
    expect((await concluded(Array(60).fill(B), 'verifying')).end).toBeUndefined()
  })

  test('is named in the summary', async () => {
    const detail = 'not DataNode on 10.0.0.7'
    const { end } = await concluded(Array(31).fill({ ...P, detail }), 'verifying')
    expect(end?.outcome.summary).toMatch(/: status RESTARTING, not DataNode on 10\.0\.0\.7$/)
  })
})

test('a cloud that invents values does not grow the record', async () => {
  const {
    changes: { progress },
  } = await concluded(Array.from({ length: 100 }, (_, index) => says(`VALUE ${index} ${'x'.repeat(500)}`)))
  expect(Object.keys(progress.observedCounts)).toHaveLength(31)
  expect(progress.observedCounts.others).toBe(70)
  expect(JSON.stringify(progress).length).toBeLessThan(4_000)
})
