import { describe, expect, test } from 'vitest'
import { boundedText } from '../../lib/basics/bounded-text.ts'
import { messageDeadLetteredEvent, requestRefusedEvent, runEndedEvent } from '../../lib/notify/events.ts'
import type { Run } from '../../lib/runs/run.ts'
import type { State } from '../../lib/runs/states.ts'
import { end } from '../../lib/runs/transition.ts'
import { createWorld } from '../world/world.ts'
import { ORIGIN } from './origin.ts'

/** SNS bills 64 KiB as one message, attributes included; intermediaries of CloudEvents forward so much. */
const MAX_BYTES = 63 * 1024

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

describe('an event has 64 KiB at most, whatever a run has gathered:', () => {
  test.for<[string, (run: Run) => Partial<Run>, string[] | undefined]>([
    ['2,000 processes, which it leaves out anyway', () => ({ baseline: processes(2000) }), undefined],
    ['a target of thousands', ({ target }) => ({ target: { ...target, ips: processes(4000) } }), ['target']],
    [
      'that, and a long summary',
      ({ target }) => ({
        target: { ...target, ips: processes(4000) },
        outcome: { summary: 'ü'.repeat(200_000), providerDone: true },
      }),
      ['target'],
    ],
    ['a long reason', ({ source }) => ({ source: { ...source, reason: '😀'.repeat(100_000) } }), []],
  ])('%s', async ([, change, cut]) => {
    const run = await aRun()
    const event = runEndedEvent({ ...run, ...change(run) }, ORIGIN)
    expect(bytesOf(event)).toBeLessThan(MAX_BYTES)
    expect(event).toMatchObject({ id: `${run.id}/succeeded`, data: { id: run.id, state: 'succeeded' } })
    expect((event.data as { cut?: string[] }).cut).toEqual(cut) // an object of ours
    // What is left out may be what the schema requires.
    expect('dataschema' in event).toBe(cut === undefined)
  })

  test.for([
    [
      'a dead letter',
      messageDeadLetteredEvent(
        {
          messageId: 'm',
          from: 'polls',
          queue: 'q',
          body: '😀'.repeat(99_999),
          at: '',
          runIds: processes(9000).map(({ ip }) => ip),
        },
        ORIGIN,
      ),
    ],
    [
      'a refusal',
      requestRefusedEvent(
        { source: 'jira', key: 'k'.repeat(300_000), subject: 'ü'.repeat(300_000), reason: 'r', at: '' },
        ORIGIN,
      ),
    ],
  ] as const)('so has %s', ([, event]) => {
    expect(bytesOf(event)).toBeLessThan(MAX_BYTES)
    expect(event.data).toHaveProperty('cut')
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
