import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runEndedEvent } from '../../lib/notify/events.ts'
import { cancel } from '../../lib/runs/cancel.ts'
import { changed } from '../../lib/runs/change.ts'
import { Run } from '../../lib/runs/run.ts'
import { extendTimeline, type TimelineEntry } from '../../lib/runs/timeline.ts'
import { ORIGIN } from '../notify/origin.ts'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

/** `00:10:12 state=tracking jobId=…`: as an operator reads it. */
function line({ at, ...entry }: TimelineEntry): string {
  return [at.slice(11, 19), ...Object.entries(entry).map(([name, value]) => `${name}=${value}`)].join(' ')
}

/** Ids of runs are hashes of no interest. */
function linesOf({ timeline = [] }: Run): string[] {
  return timeline.map((entry) => line(entry).replaceAll(/run_[0-9a-f]{32}/g, 'run_1'))
}

interface Story {
  name: string
  /** Lives through it. @returns the id of the run whose timeline is read */
  happens: (world: World) => Promise<string>
  lines: string[]
}

const asked = async (world: World, request: Parameters<World['accept']>[0] = {}, minutes = 20): Promise<string> => {
  const { id } = await world.accept(request)
  await world.pass(minutes * MINUTE)
  return id
}

const busy = (world: World, forMs = 10 * MINUTE): void => {
  world.cloud.instance(INSTANCE).work = { until: world.now() + forMs, end: () => {} }
}

const loseAnswer = (world: World, operation: string, took: boolean): void => {
  world.cloud.listsTasks = true
  world.cloud.fault = (name) =>
    name === operation && world.cloud.calls.get(operation) === 1
      ? { kind: 'timeout', change: 'unknown', took }
      : undefined
}

const STORIES: Story[] = [
  {
    name: 'a restart of ten minutes: what was seen, each once',
    happens: (world) => {
      world.cloud.workMs = () => 10 * MINUTE
      return asked(world)
    },
    lines: [
      '00:00:00 state=queued',
      '00:00:00 state=submitting',
      '00:00:00 state=tracking',
      '00:00:05 observed=RESTARTING',
      '00:10:12 observed=RUNNING',
      '00:10:17 state=verifying',
      '00:10:17 state=succeeded observed=ACTIVE',
    ],
  },
  {
    name: 'a swap: its job, and both observations of the step that found it done',
    happens: (world) => asked(world, { operation: 'dcs.instance.swap' }),
    lines: [
      '00:00:00 state=queued',
      '00:00:00 state=submitting',
      '00:00:00 state=tracking jobId=job-00000001',
      '00:00:02 observed=RUNNING',
      '00:00:24 state=verifying observed=SUCCESS',
      '00:00:24 observed=CHANGED',
      '00:00:29 state=succeeded',
    ],
  },
  {
    name: 'a lost answer: the doubt, and what was found',
    happens: (world) => {
      world.cloud.workMs = () => 4 * MINUTE
      loseAnswer(world, 'dcs.instance.restart', true)
      return asked(world)
    },
    lines: [
      '00:00:00 state=queued',
      '00:00:00 state=submitting',
      '00:00:00 doubt=dcs.instance.restart: as the test wants it',
      '00:00:10 state=tracking observed=TASK restartDCSInstance RUNNING jobId=job-00000001',
      '00:00:15 observed=JOB RUNNING',
      '00:04:22 observed=RUNNING',
      '00:04:27 state=verifying',
      '00:04:27 state=succeeded observed=ACTIVE',
    ],
  },
  {
    name: 'a lost answer of which nothing shows: sixteen searches are one entry',
    happens: (world) => {
      loseAnswer(world, 'dcs.instance.swap', false)
      return asked(world, { operation: 'dcs.instance.swap' })
    },
    lines: [
      '00:00:00 state=queued',
      '00:00:00 state=submitting',
      '00:00:00 doubt=dcs.instance.swap: as the test wants it',
      '00:00:10 observed=RUNNING, MASTERS AS BEFORE, NO TASK LISTED',
      '00:05:10 state=unknown',
    ],
  },
  {
    name: 'the same request again: whom it joined',
    happens: async (world) => {
      await world.accept({ idempotencyKey: 'first' })
      return asked(world, { idempotencyKey: 'second' })
    },
    lines: ['00:00:00 state=queued', '00:00:00 state=attached attachedTo=run_1', '00:00:35 state=succeeded'],
  },
  {
    name: 'a run that stands alone again, as the one that it joined was withdrawn',
    happens: async (world) => {
      busy(world, 12_000)
      const first = await world.accept({ idempotencyKey: 'first' })
      const second = await world.accept({ idempotencyKey: 'second' })
      await world.pass(10_000)
      await cancel(world.ports, first.id, { by: 'eva' })
      await world.pass(5 * MINUTE)
      return second.id
    },
    lines: [
      '00:00:00 state=queued',
      '00:00:00 state=attached attachedTo=run_1',
      '00:00:15 state=queued',
      '00:00:15 state=submitting',
      '00:00:15 state=tracking',
      '00:00:20 observed=RESTARTING',
      '00:00:36 observed=RUNNING',
      '00:00:46 state=verifying',
      '00:00:46 state=succeeded observed=ACTIVE',
    ],
  },
  {
    name: 'another request that waits: for whom, and its own way',
    happens: async (world) => {
      await world.accept({ idempotencyKey: 'first' })
      return asked(world, { idempotencyKey: 'second', operation: 'dcs.instance.flush', collision: 'queue' })
    },
    lines: [
      '00:00:00 state=queued',
      '00:00:00 observed=waits for run run_1 (dcs.instance.restart)',
      '00:00:45 state=submitting',
      '00:00:45 state=tracking',
      '00:00:50 observed=FLUSHING',
      '00:01:06 observed=RUNNING',
      '00:01:16 state=succeeded',
    ],
  },
  {
    name: 'another request: refused',
    happens: async (world) => {
      await world.accept({ idempotencyKey: 'first' })
      return asked(world, { idempotencyKey: 'second', operation: 'dcs.instance.swap' })
    },
    lines: ['00:00:00 state=queued', '00:00:00 state=refused'],
  },
  {
    name: 'a busy instance: each try, and the answer once; then withdrawn',
    happens: async (world) => {
      busy(world)
      const id = await asked(world, {}, 1)
      await cancel(world.ports, id, { by: 'eva' })
      return id
    },
    lines: [
      '00:00:00 state=queued',
      '00:00:00 state=submitting',
      '00:00:00 state=queued observed=dcs.instance.restart: DCS.4111: as the test wants it',
      '00:00:15 state=submitting',
      '00:00:15 state=queued',
      '00:00:45 state=submitting',
      '00:00:45 state=queued',
      '00:01:00 state=cancelled',
    ],
  },
]

test.for(STORIES)('$name', async ({ happens, lines }) => {
  const world = createWorld()
  const id = await happens(world)
  expect(linesOf(world.get(id))).toEqual(lines)
})

test('what changes nothing of it adds nothing: messages, observations that say the same, and the notification', async () => {
  const world = createWorld()
  world.cloud.workMs = () => 10 * MINUTE
  const written = world.history.get(await asked(world)) ?? []
  const entries = written.map(({ timeline = [] }) => timeline.length)
  expect([written.length, entries.at(-1)]).toEqual([25, 7])
  expect(entries).toEqual(entries.toSorted((a, b) => a - b))
})

const NOW = Date.parse('2026-01-01T00:01:00Z')

const tracking = async (): Promise<Run> =>
  changed(
    { ...(await createWorld().accept({})), state: 'submitting' },
    { state: 'tracking', job: { id: 'job-1' } },
    NOW,
  )

const observe = (run: Run, observed: string, nowMs = NOW): Run =>
  changed(run, { state: run.state, progress: { ...run.progress, lastObserved: observed } }, nowMs)

const flapping = (run: Run, times: number, ...observed: string[]): Run => {
  let next = run
  for (let at = 0; at < times; at++) next = observe(next, observed[at % observed.length] ?? '', NOW + at * 1000)
  return next
}

describe('an observation that flaps five thousand times', () => {
  test('leaves how it was sent and the newest, and says how many are left out', async () => {
    const { timeline = [] } = flapping(await tracking(), 5_000, 'A', 'B')
    expect(timeline.length).toBe(50)
    expect(timeline.slice(0, 3).map(line)).toEqual([
      '00:00:00 state=queued',
      '00:01:00 state=tracking jobId=job-1',
      '00:01:00 observed=A',
    ])
    expect(timeline.slice(9, 12).map(line)).toEqual([
      '00:01:07 observed=B',
      '01:23:40 observed=A leftOut=4952',
      '01:23:41 observed=B',
    ])
    expect(timeline.slice(-1).map(line)).toEqual(['01:24:19 observed=B'])
  })

  test('hides nothing that was noted once between', async () => {
    const found = changed(flapping(await tracking(), 20, 'A', 'B'), { state: 'tracking', job: { id: 'job-2' } }, NOW)
    const { timeline = [] } = flapping(found, 5_000, 'A', 'B')
    expect(timeline.slice(10, 11).map(line)).toEqual(['01:23:40 observed=A leftOut=4973 jobId=job-2'])
    expect(timeline.filter(({ jobId }) => jobId === 'job-2')).toHaveLength(1)
  })

  test('leaves its event whole', async () => {
    const [one, other] = ['ü', 'é'].map((character) => character.repeat(10_000))
    const event = runEndedEvent(flapping(await tracking(), 5_000, one ?? '', other ?? ''), ORIGIN)
    expect(event.data).toHaveProperty('timeline')
    expect(event.data).not.toHaveProperty('cut')
  })

  test('is left out of its event where each character takes six bytes of it', async () => {
    const [one, other] = ['\u0001', '\u0002'].map((character) => character.repeat(10_000))
    const event = runEndedEvent(flapping(await tracking(), 5_000, one ?? '', other ?? ''), ORIGIN)
    expect(event.data).toMatchObject({ cut: ['timeline'] })
  })
})

test('a text that is too long is cut, and no news when it comes again', async () => {
  const once = observe(await tracking(), 'x'.repeat(1_000))
  expect(once.timeline?.at(-1)?.observed).toMatch(/^x{250,}… \(cut from 1000 bytes\)$/)
  expect(observe(once, 'x'.repeat(1_000)).timeline).toEqual(once.timeline)
})

test('a clock that steps back changes no order', async () => {
  const { timeline = [] } = observe(observe(await tracking(), 'A'), 'B', NOW - 30_000)
  expect(timeline.slice(-2).map(line)).toEqual(['00:01:00 observed=A', '00:00:30 observed=B'])
})

describe('a run of another release', () => {
  const oldRun = async (): Promise<Run> => {
    const { timeline, ...old } = observe(await tracking(), 'RESTARTING')
    return Run.parse(old)
  }

  test('that has no timeline begins it with what is known, and goes on', async () => {
    const claimed = changed(await oldRun(), { state: 'tracking', step: 4 }, NOW)
    expect(observe(claimed, 'RUNNING').timeline?.map(line)).toEqual([
      '00:01:00 state=tracking observed=RESTARTING jobId=job-1',
      '00:01:00 observed=RUNNING',
    ])
  })

  test('that has ended without one gets none when it is notified', async () => {
    const run = await oldRun()
    const ended: Run = { ...run, state: 'succeeded', outcome: { summary: 'done', providerDone: true } }
    const notified = changed(ended, { state: 'succeeded', notifiedAt: '2026-01-01T00:02:00.000Z' }, NOW)
    expect(notified).not.toHaveProperty('timeline')
  })

  test('keeps what only that one knows', async () => {
    const at = '2026-01-01T00:00:00.000Z'
    const timeline = [{ at, state: 'awaiting-approval', approver: 'eva' }]
    const run = Run.parse({ ...(await oldRun()), timeline })
    expect(observe(run, 'RUNNING').timeline?.map(line)).toEqual([
      '00:00:00 state=awaiting-approval approver=eva',
      '00:01:00 state=tracking observed=RUNNING jobId=job-1',
    ])
  })
})

describe('whatever happens to a run', () => {
  const text = fc.oneof(fc.constantFrom('A', 'B', 'C'), fc.string({ unit: 'binary', maxLength: 1_000 }))
  const followed = fc.record(
    {
      state: fc.constantFrom('queued', 'submitting', 'tracking', 'verifying'),
      progress: fc.record({ lastObserved: text }, { requiredKeys: [] }),
      job: fc.record({ id: fc.constantFrom('job-1', 'job-2') }),
      attachedTo: fc.constantFrom('run_1', 'run_2'),
      doubt: fc.record({ message: text }),
    },
    { requiredKeys: ['state', 'progress'] },
  )
  const atOf = (index: number): string => new Date(NOW + index * 1000).toISOString()

  test('its timeline is bounded, keeps both ends, counts what it left out, and forgets nothing', () => {
    fc.assert(
      fc.property(fc.array(followed, { minLength: 1, maxLength: 200, size: 'max' }), (happened) => {
        // One entry at a time is never cut.
        let [timeline, all]: [TimelineEntry[], TimelineEntry[]] = [[], []]
        let known = {}
        for (const [index, one] of happened.entries()) {
          timeline = extendTimeline({ ...one, timeline }, atOf(index))
          const [, news] = extendTimeline({ ...one, timeline: [{ at: '', ...known }] }, atOf(index))
          known = { ...known, ...news }
          if (news) all = [...all, news]
        }
        const leftOut = timeline.reduce((sum, entry) => sum + (entry.leftOut ?? 0), 0)
        const atGap = leftOut > 0 ? 1 : 0
        expect(timeline.length).toBe(Math.min(all.length, 50))
        expect(timeline.length + leftOut).toBe(all.length)
        expect(timeline.slice(0, 10)).toEqual(all.slice(0, 10))
        expect(timeline.slice(10 + atGap)).toEqual(all.slice(10).slice(-40).slice(atGap))
        expect(Object.assign({}, ...timeline, { leftOut: 0, at: '' })).toEqual({ ...known, leftOut: 0, at: '' })
        const texts = timeline.flatMap(({ observed = '', doubt = '' }) => [observed, doubt])
        expect(Math.max(...texts.map((one) => Buffer.byteLength(one)))).toBeLessThanOrEqual(300)
      }),
    )
  })
})
