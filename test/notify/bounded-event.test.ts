import { describe, expect, test } from 'vitest'
import { boundedText } from '../../lib/basics/bounded-text.ts'
import { boundedEvent, messageDeadLetteredEvent, requestRefusedEvent, runEndedEvent } from '../../lib/notify/events.ts'
import type { Run } from '../../lib/runs/run.ts'
import type { State } from '../../lib/runs/states.ts'
import { end } from '../../lib/runs/transition.ts'
import { createWorld } from '../world/world.ts'

/** SNS counts the attributes as well. */
const TOPIC_TAKES = 256 * 1024 - 'typeStringsteadyhand.message.dead-lettered'.length

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

async function aRun(): Promise<Run> {
  const world = createWorld()
  const { id } = await world.accept({})
  await world.pass(300_000)
  return world.get(id)
}

/** What EMR knows of a process that has an IPv6 address. */
const processes = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    service: 'HDFS',
    component: 'DataNode',
    ip: `2001:0db8:85a3:0000:0000:8a2e:0370:${String(n).padStart(4, '0')}`,
    restartedAt: '2026-11-29T19:45:00.000Z',
    state: 'started',
  }))

describe('an event fits the topic, whatever a run has gathered:', () => {
  test.for<[string, (run: Run) => Partial<Run>, string[]]>([
    ['2,000 processes', () => ({ baseline: processes(2000) }), ['baseline']],
    ['twice as many', () => ({ baseline: processes(4000) }), ['baseline']],
    ['a target of thousands', ({ target }) => ({ target: { ...target, ips: processes(4000) } }), ['target']],
    [
      'both, and a long summary',
      ({ target }) => ({
        ...{ target: { ...target, ips: processes(4000) }, baseline: processes(5000) },
        outcome: { summary: 'ü'.repeat(200_000), providerDone: true },
      }),
      ['baseline', 'target'],
    ],
    ['a long reason', ({ source }) => ({ source: { ...source, reason: '😀'.repeat(100_000) } }), []],
  ])('%s', async ([, change, cut]) => {
    const run = await aRun()
    const event = runEndedEvent({ ...run, ...change(run) })
    const bounded = boundedEvent(event)
    const isTooLong = bytesOf(event) > 256 * 1024 - 4096
    expect(bytesOf(bounded)).toBeLessThan(TOPIC_TAKES)
    expect(bounded).toMatchObject({ id: `${run.id}/succeeded`, data: { id: run.id, state: 'succeeded' } })
    expect(isTooLong ? bounded.data : { cut: [] }).toMatchObject({ cut: isTooLong ? cut : [] })
  })

  test('an event that fits is published whole', async () => {
    const event = runEndedEvent(await aRun())
    expect(boundedEvent(event)).toBe(event)
  })

  test.for([
    [
      'a dead letter',
      messageDeadLetteredEvent({
        messageId: 'm',
        from: 'polls',
        queue: 'q',
        body: '😀'.repeat(99_999),
        at: '',
        runIds: processes(9000).map(({ ip }) => ip),
      }),
    ],
    [
      'a refusal',
      requestRefusedEvent({
        source: 'jira',
        key: 'k'.repeat(300_000),
        subject: 'ü'.repeat(300_000),
        reason: 'r',
        at: '',
      }),
    ],
  ] as const)('so does %s', ([, event]) => {
    expect(bytesOf(event)).toBeGreaterThan(256 * 1024)
    expect(bytesOf(boundedEvent(event))).toBeLessThan(TOPIC_TAKES)
  })
})

test('a text is cut by bytes, not inside a character, and says so', () => {
  const cut = boundedText('😀'.repeat(100), 101)
  expect(cut).toMatch(/^(😀)+… \(cut from 400 bytes\)$/u)
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(101)
  expect(boundedText('x'.repeat(101), 101)).toBe('x'.repeat(101))
})

/** From where it may end so; all others may from the queue. */
const BEFORE: Partial<Record<State, State>> = { succeeded: 'verifying', unknown: 'submitting' }

test.for([
  ['succeeded', 'info'],
  ['cancelled', 'info'],
  ['refused', 'info'],
  ['failed', 'warn'],
  ['timed-out', 'error'],
  ['unknown', 'error'],
] as const)('a run that ends as %s is logged as %s, with an outcome that is bounded', async ([state, level]) => {
  const world = createWorld()
  const run: Run = { ...(await world.accept({})), state: BEFORE[state] ?? 'queued' }
  world.runs.set(run.id, run)
  const lines: string[] = []
  const log = (lineLevel: string, message: string) => void (message === 'run ended' && lines.push(lineLevel))
  const error = { kind: 'failed', message: 'ü'.repeat(100_000) }
  await end({ ...world.ports, log }, run, {
    state: state,
    outcome: { summary: 'ü'.repeat(100_000), providerDone: true, error },
  })
  const { outcome } = world.get(run.id)
  expect([lines, bytesOf(outcome) < 24 * 1024, outcome?.summary.endsWith('(cut from 200000 bytes)')]).toEqual([
    [level],
    true,
    true,
  ])
})
