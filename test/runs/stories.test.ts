import { beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../../lib/runs/run.ts'
import type { Fault } from '../world/fake-dcs.ts'
import { createWorld, type World } from '../world/world.ts'

/** What once went wrong, from the request to the end. */

const SECOND = 1_000
const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

let world: World
beforeEach(() => {
  world = createWorld()
})

const asked = (operation: string): number => world.cloud.calls.get(operation) ?? 0
const endedMs = ({ endedAt = '', createdAt }: Run): number => Date.parse(endedAt) - Date.parse(createdAt)

/** The first call of the operation takes effect, and its answer is lost. */
const loseAnswer = (operation: string, more: (asked: string) => Fault | undefined = () => undefined): void => {
  world.cloud.fault = (name) =>
    name === operation && asked(operation) === 1 ? { kind: 'timeout', change: 'unknown', took: true } : more(name)
}

/** What a read shows for so long is what it shows of nothing. */
const lag = (names: RegExp, untilMs: number, shown: object): void => {
  const { call } = world.ports
  world.ports.call = async (operation, input, place) => {
    const output = await call(operation, input, place)
    return names.test(operation.name) && world.now() < untilMs ? operation.output.parse(shown) : output
  }
}

describe('a restart whose answer was lost, while the status shows RUNNING all the time', () => {
  const WORK_MS = 4 * MINUTE
  test.for(['dcs.instance.restart', 'dcs.instance.soft-restart', 'dcs.instance.flush'] as const)(
    '%s is found by its task, and ends no sooner than its job',
    async (operation) => {
      world.cloud.workMs = () => WORK_MS
      world.cloud.listsTasks = true
      loseAnswer(operation)
      lag(/instance\.show/, Number.POSITIVE_INFINITY, { status: 'RUNNING', task: null })
      const { id } = await world.accept({ operation })
      await world.pass(10 * MINUTE)
      const run = world.get(id)
      expect([run.state, run.job, asked(operation)]).toEqual(['succeeded', { id: 'job-00000001' }, 1])
      expect([endedMs(run) >= WORK_MS, endedMs(run) <= WORK_MS + 1.7 * MINUTE]).toEqual([true, true])
      expect(run.outcome?.summary).toMatch(
        / succeeded: its job is SUCCESS, and the instance is RUNNING with no task(, then| \(after)/,
      )
    },
  )

  test.for([
    ['a job that fails', 'failed', 'the cloud reports failure: instance status JOB FAIL: disk'],
    [
      'a job that nobody can read',
      'succeeded',
      expect.stringContaining('its task is listed as ended, and the instance'),
    ],
  ] as const)('ends by %s', async ([what, state, summary]) => {
    world.cloud.workMs = () => WORK_MS
    world.cloud.listsTasks = true
    world.cloud.workFails = () => what === 'a job that fails'
    loseAnswer('dcs.instance.restart', (name) =>
      name === 'dcs.job.show' && what !== 'a job that fails'
        ? { kind: 'invalid', change: 'none', code: 'DCS.4070' }
        : undefined,
    )
    lag(/instance\.show/, Number.POSITIVE_INFINITY, { status: 'RUNNING', task: null })
    const { id } = await world.accept({})
    await world.pass(10 * MINUTE)
    const run = world.get(id)
    expect([run.state, run.outcome?.summary]).toEqual([state, state === 'failed' ? summary : expect.anything()])
    if (state === 'succeeded') expect(run.outcome?.summary).toEqual(summary)
    expect(endedMs(run)).toBeGreaterThanOrEqual(WORK_MS)
  })
})

describe('a restart that was taken on, while the status lags', () => {
  test.for([
    ['20 s', 20, true],
    ['110 s', 110, true],
    ['10 min, its task listed', 600, true],
  ] as const)('%s: it ends no sooner than the work', async ([name, lagSeconds]) => {
    world.cloud.workMs = () => 3 * MINUTE
    world.cloud.listsTasks = name.endsWith('listed')
    lag(/instance\.show/, world.now() + lagSeconds * SECOND, { status: 'RUNNING', task: null })
    const { id } = await world.accept({})
    await world.pass(15 * MINUTE)
    expect([world.get(id).state, endedMs(world.get(id)) >= 3 * MINUTE]).toEqual(['succeeded', true])
  })
})

describe('a swap whose answer was lost, while both lists of tasks lag', () => {
  const LISTS = /task\.list/
  const NONE = { tasks: [], task_count: '0' }
  test.for([
    [0, 200, 'succeeded'],
    [60, 200, 'succeeded'],
    [150, 200, 'succeeded'],
    [400, 150, 'succeeded'],
    [400, 280, 'succeeded'],
    [400, 340, 'unknown'],
    [86_400, 340, 'unknown'],
    [86_400, 20, 'succeeded'],
  ] as const)('for %d s, and takes %d s: it is sent once, and %s', async ([lagSeconds, workSeconds, state]) => {
    world.cloud.workMs = () => workSeconds * SECOND
    loseAnswer('dcs.instance.swap')
    lag(LISTS, world.now() + lagSeconds * SECOND, NONE)
    const { id } = await world.accept({ operation: 'dcs.instance.swap' })
    await world.pass(45 * MINUTE)
    const run = world.get(id)
    expect([run.state, asked('dcs.instance.swap'), world.cloud.writes.length]).toEqual([state, 1, 1])
    if (state === 'succeeded') expect(endedMs(run)).toBeGreaterThanOrEqual(workSeconds * SECOND)
    else expect([endedMs(run) >= 300 * SECOND, run.outcome?.providerDone]).toEqual([true, false])
  })
})

describe('a topic that hangs, with 300 ends that were not notified', () => {
  test.for([1, 2, 5])(
    'a run whose message was lost goes on by the next sweep, %d sweeps later, too',
    async (sweeps) => {
      const { id } = await world.accept({})
      await world.pass(12 * SECOND)
      const live = world.get(id)
      for (let index = 0; index < 300; index++) {
        const one = `run_${String(index).padStart(32, '0')}`
        const outcome = { summary: 'x', providerDone: true }
        const dueAt = new Date(world.now() - 10 * MINUTE).toISOString()
        world.runs.set(one, { ...live, id: one, state: 'failed', outcome, endedAt: dueAt, dueAt })
      }
      world.tookMs = (port) => (port === 'publish' ? 6_500 : 0)
      world.hook = (port) => {
        if (port === 'publish') throw new Error('the topic hangs')
      }
      world.cloud.workMs = () => 30 * MINUTE
      world.cloud.instance(INSTANCE).work = { until: world.now() + 30 * MINUTE, end: () => {} }
      await world.pass((sweeps - 1) * MINUTE)
      world.letters = []
      const { step, nextAt } = world.get(id)
      while (world.get(id).step === step) await world.pass(SECOND)
      // Half a minute, the slack of the heartbeat, and the time until the next sweep.
      expect(world.now() - Date.parse(nextAt)).toBeLessThanOrEqual((30 + 135 + 61) * SECOND)
      expect(world.published).toEqual([])
    },
  )
})

describe('messages that come again', () => {
  const probesWith = async (post: World['post']): Promise<{ probes: number; sent: number }> => {
    world = createWorld()
    world.cloud.workMs = () => 5 * MINUTE
    let sent = 0
    world.post = (message) => {
      sent += message.queue === 'polls' ? 1 : 0
      return post(message)
    }
    const { id } = await world.accept({})
    await world.pass(20 * MINUTE)
    expect([world.get(id).state, world.published.length]).toEqual(['succeeded', 1])
    return { probes: asked('dcs.instance.show'), sent }
  }

  test.for<[string, number[]]>([
    ['ten times at once', Array(10).fill(0)],
    ['late, when the next step is due', [0, 5_000, 10_000, 20_000, 40_000]],
    ['after minutes, as a failed delivery does', [0, 120_000, 240_000]],
  ])('%s: one next message for each step, and a read of the cloud at most for each copy', async ([, late]) => {
    const plain = await probesWith(() => [0])
    const repeated = await probesWith(({ queue }) => (queue === 'polls' ? late : [0]))
    expect(repeated.sent).toBe(plain.sent)
    expect(repeated.probes).toBeLessThanOrEqual(plain.probes * late.length)
  })
})

describe('work that ends in the last minute before the deadline', () => {
  const MINUTES: Record<string, number> = {
    'dcs.instance.restart': 40,
    'dcs.instance.stop': 40,
    'dcs.instance.swap': 30,
  }
  test.for(Object.keys(MINUTES))('%s succeeds, at each of its seconds', async (operation) => {
    const lost: string[] = []
    for (let offset = 1; offset <= 60; offset++) {
      world = createWorld()
      const workMs = (MINUTES[operation] ?? 0) * MINUTE - offset * SECOND
      world.cloud.workMs = () => workMs
      const { id } = await world.accept({ operation })
      await world.pass(50 * MINUTE)
      const { state, deadlineAt, createdAt } = world.get(id)
      expect(Date.parse(deadlineAt) - Date.parse(createdAt)).toBe(workMs + offset * SECOND)
      if (state !== 'succeeded') lost.push(`${offset} s before: ${state}`)
    }
    expect(lost).toEqual([])
  })
})

describe('seven in line for an instance that was left in doubt', () => {
  const LINE = ['restart', 'soft-restart', 'flush', 'stop', 'start', 'swap'].map((verb) => `dcs.instance.${verb}`)

  test.for([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'of %d (probes throttled: one in five) the first has it in minutes',
    async (seed) => {
      world.cloud.workMs = () => 41 * MINUTE
      const first = await world.accept({ operation: 'dcs.instance.swap' })
      await world.pass(42 * MINUTE)
      expect(world.get(first.id)).toMatchObject({ state: 'timed-out', outcome: { providerDone: false } })
      world.cloud.workMs = () => 20 * SECOND
      let probes = seed * 7
      // In no order that a schedule could fall in step with.
      world.cloud.fault = (operation) =>
        /show/.test(operation) && (++probes * 2_654_435_761) % 4_294_967_296 < 0.2 * 4_294_967_296
          ? { kind: 'throttled', change: 'none' }
          : undefined
      const runs: Run[] = []
      for (const operation of [...LINE, 'dcs.node.stop']) {
        await world.pass(SECOND)
        runs.push(await world.accept({ operation, collision: 'queue', idempotencyKey: operation }))
      }
      const begun = world.now()
      while (world.holders()[0] === first.id && world.now() < begun + 60 * MINUTE) await world.pass(SECOND)
      expect(world.holders()).toEqual([runs[0]?.id])
      expect([world.now() - begun >= 50 * SECOND, world.now() - begun <= 4 * MINUTE]).toEqual([true, true])
      expect([world.lostLeases, world.withoutLease]).toEqual([[], []])
    },
  )
})

describe('a process that was down until two hours after the deadline', () => {
  /** @param until of the run; then nothing happens for long. */
  const down = async (id: string, awakeMs: number, areKept: boolean): Promise<void> => {
    await world.pass(awakeMs)
    const kept = areKept ? world.letters : []
    Object.assign(world, { letters: [], sweeps: false })
    await world.pass(Date.parse(world.get(id).deadlineAt) + 120 * MINUTE - world.now())
    Object.assign(world, { letters: kept, sweeps: true })
  }
  const OPERATIONS = ['dcs.instance.restart', 'dcs.instance.stop', 'dcs.instance.swap', 'dcs.node.stop'] as const

  test.for(
    OPERATIONS.flatMap((operation) =>
      [2, 12, 60].flatMap((seconds) => [true, false].map((kept) => [operation, seconds, kept] as const)),
    ),
  )('%s, down after %d s, its message kept: %j: what the cloud shows ends it', async ([operation, seconds, kept]) => {
    world.cloud.workMs = () => 2 * MINUTE
    const { id } = await world.accept({ operation })
    await down(id, seconds * SECOND, kept)
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, asked(operation), world.published.map(({ state }) => state)]).toEqual([
      ...['succeeded', 1, ['succeeded']],
    ])
  })

  test('its message lost again and again before, too', async () => {
    world.cloud.workMs = () => 20 * MINUTE
    const { id } = await world.accept({ operation: 'dcs.node.stop' })
    await world.pass(20 * SECOND)
    world.post = () => []
    world.letters = []
    await world.pass(15 * MINUTE)
    expect(world.get(id).rearms).toBeGreaterThan(2)
    world.post = () => [0]
    await down(id, 0, false)
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })

  test('is timed-out only where the cloud cannot be read', async () => {
    world.cloud.workMs = () => 2 * MINUTE
    const { id } = await world.accept({})
    await down(id, 20 * SECOND, true)
    world.cloud.fault = () => ({ kind: 'unavailable', change: 'none' })
    const probes = asked('dcs.instance.show')
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, asked('dcs.instance.show') > probes]).toEqual(['timed-out', true])
  })

  test('a run that joined another ends as that did', async () => {
    world.cloud.workMs = () => 2 * MINUTE
    const first = await world.accept({ operation: 'dcs.node.stop', idempotencyKey: 'one' })
    const second = await world.accept({ operation: 'dcs.node.stop', idempotencyKey: 'two' })
    await down(second.id, 20 * SECOND, false)
    await world.pass(20 * MINUTE)
    expect([first, second].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'succeeded'])
  })

  test('a run that was never sent is not sent any more', async () => {
    const { id } = await world.accept({})
    world.letters = []
    await down(id, 0, false)
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, asked('dcs.instance.restart')]).toEqual(['timed-out', 0])
  })
})

describe('a table that is down for twelve minutes, right after the call', () => {
  const outage = async (operation: string, workMs: number): Promise<Run> => {
    world.cloud.workMs = () => workMs
    const { id } = await world.accept({ operation })
    let downUntil = Number.POSITIVE_INFINITY
    world.hook = (port) => {
      if (/get|save|due|create|Lease/.test(port) && asked(operation) > 0 && world.now() < downUntil) {
        downUntil = Math.min(downUntil, world.now() + 12 * MINUTE)
        throw new Error('the table is down')
      }
    }
    await world.pass(12 * MINUTE - SECOND)
    expect(world.get(id).state).toBe('submitting')
    await world.pass(30 * MINUTE)
    return world.get(id)
  }

  test.for([
    ['dcs.instance.swap', 20 * SECOND],
    ['dcs.instance.swap', 20 * MINUTE],
    ['dcs.instance.restart', 20 * MINUTE],
    ['dcs.instance.stop', 20 * SECOND],
  ] as const)('%s of %d ms is found, and followed to its end', async ([operation, workMs]) => {
    const run = await outage(operation, workMs)
    expect([run.state, asked(operation)]).toEqual(['succeeded', 1])
  })

  test('is found also where the first search for it is throttled', async () => {
    const { id } = await world.accept({})
    let throttled = 1
    world.cloud.fault = (name) =>
      name === 'dcs.instance.show' && world.get(id).sentAt && throttled-- > 0
        ? { kind: 'throttled', change: 'none' }
        : undefined
    const run = await outage('dcs.instance.restart', 20 * MINUTE)
    expect([run.state, throttled < 1]).toEqual(['succeeded', true])
  })

  test('what shows nothing is searched for before it is unknown', async () => {
    const run = await outage('dcs.instance.restart', 20 * SECOND)
    expect([run.state, asked('dcs.instance.restart')]).toEqual(['unknown', 1])
    expect(Object.keys(run.progress.observedCounts)).toEqual(['sought INSTANCE RUNNING, NO TASK LISTED'])
  })
})

test.for([
  ['dcs.instance.restart', 'answered'],
  ['dcs.instance.restart', 'lost'],
  ['dcs.instance.swap', 'answered'],
  ['dcs.instance.swap', 'lost'],
  ['dcs.node.stop', 'answered'],
  ['dcs.node.stop', 'lost'],
  ['dcs.instance.stop', 'lost'],
] as const)('%s (%s): a success names nothing that was not read', async ([operation, answer]) => {
  const NAMED: [RegExp, RegExp][] = [
    [/\bjob\b/, /dcs\.job\.show/],
    [/\bnode/, /dcs\.node\.list|dcs\.group\.list/],
    [/\bmaster\b/, /dcs\.group\.list/],
    [/task is listed/, /task\.list/],
    [/the instance is/, /dcs\.instance\.show/],
  ]
  // Each read that can be done without fails for good, alone and with each other.
  const optional = ['dcs.job.show', 'dcs.node.list', 'dcs.group.list', 'dcs.task.list', 'dcs.instance.task.list']
  const summaries: string[] = []
  for (let mask = 0; mask < 2 ** optional.length; mask++) {
    world = createWorld()
    world.cloud.listsTasks = true
    world.cloud.workMs = () => 20 * SECOND
    const refused = optional.filter((_, index) => mask & (1 << index))
    const refuse = (name: string): Fault | undefined =>
      refused.includes(name) ? { kind: 'unsupported', change: 'none', code: 'DCS.4094' } : undefined
    if (answer === 'lost') loseAnswer(operation, refuse)
    else world.cloud.fault = refuse
    const { id } = await world.accept({ operation })
    await world.pass(45 * MINUTE)
    const { state, outcome } = world.get(id)
    if (state !== 'succeeded') continue
    const proof = (outcome?.summary.split(/ succeeded: | \(after /)[1] ?? '').replace('master NOT COMPARED', '')
    summaries.push(proof)
    const unread = NAMED.filter(
      ([word, read]) =>
        word.test(proof) && refused.some((name) => read.test(name)) && !readable(read, refused, optional),
    )
    expect([refused, proof, unread]).toEqual([refused, proof, []])
  }
  expect(summaries.length).toBeGreaterThan(0)
})

/** Whether any of the reads that could have shown it went well. */
function readable(read: RegExp, refused: string[], all: string[]): boolean {
  return all.some((name) => read.test(name) && !refused.includes(name))
}
