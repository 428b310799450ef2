import { describe, expect, test } from 'vitest'
import { deadLetterViewOf } from '../../lib/dead-letters/dead-letter.ts'
import { messageDeadLetteredEvent, runEndedEvent } from '../../lib/notify/events.ts'
import type { DeadLetter } from '../../lib/runs/dead-letter.ts'
import { GUARDS } from '../../lib/runs/guards/verdict.ts'
import type { Run } from '../../lib/runs/run.ts'
import { viewOf } from '../../lib/runs/view-of.ts'
import { ORIGIN } from '../notify/origin.ts'
import { createWorld } from '../world/world.ts'

/** What people are shown of a record, which may hold more than this release knows. */

const ADDED = { writeId: 'w', addedLater: { deep: 1 } }

describe('a run', () => {
  const made = async (): Promise<[Run, Run]> => {
    const world = createWorld()
    const { id } = await world.accept({})
    await world.pass(300_000)
    return [world.get(id), { ...world.get(id), ...ADDED } as Run]
  }

  const unsent = async (): Promise<Run> => {
    const world = createWorld()
    return world.get((await world.accept({})).id)
  }

  test('is shown without what this release does not know', async () => {
    const [run, more] = await made()
    expect(viewOf(more)).toEqual(viewOf(run))
    expect(runEndedEvent(more, ORIGIN)).toEqual(runEndedEvent(run, ORIGIN))
  })

  test('is shown without its bookkeeping', async () => {
    const [run] = await made()
    const kept = {
      ...run,
      sendByAt: run.deadlineAt,
      rearms: 1,
      lateLooks: 1,
      due: 'due' as const,
      dueAt: run.deadlineAt,
    }
    expect(run.sawWork).toBe(true)
    expect(Object.keys(viewOf(kept)).sort()).toEqual([
      ...['acceptedAt', 'collision', 'createdAt', 'deadlineAt', 'durationSeconds', 'endedAt', 'evidence', 'expiresAt'],
      ...['id', 'lastObserved', 'lastObservedSince', 'notifiedAt', 'operation', 'outcome', 'params', 'resource'],
      ...['sentAt', 'source', 'state', 'target', 'timeline', 'updatedAt', 'verdicts'],
    ])
  })

  const STORED = { guard: 'breaker', says: 'allow', reason: 'one run is tried' } as const
  const WAITS = { guard: 'pause', says: 'wait', reason: 'all is paused' } as const
  const AT = '2026-01-01T06:00:00.000Z'
  test.for<[string, Partial<Run>, object]>([
    ['waits for a guard', { heldBackUntil: AT, notAfter: AT }, { waitsUntil: AT, notAfter: AT }],
    ['has ended', { state: 'refused', heldBackUntil: AT, notAfter: AT }, { notAfter: AT }],
    ['was judged', { verdicts: [STORED, WAITS] }, { verdicts: [WAITS, STORED] }],
    ['belongs to an episode', { episodeId: 'ep_1' }, { episodeId: 'ep_1' }],
    ['nobody had anything to say of', {}, {}],
  ])('that %s says so', async ([, more, shown]) => {
    const { episodeId, waitsUntil, notAfter, verdicts } = viewOf({ ...(await unsent()), ...more })
    expect({ episodeId, waitsUntil, notAfter, verdicts }).toEqual(shown)
  })

  test('that was sent has a verdict of each guard in their order, and none says wait any more', async () => {
    const [run] = await made()
    const { verdicts = [] } = viewOf({ ...run, verdicts: [STORED, WAITS] })
    expect(verdicts.map(({ guard }) => guard)).toEqual(GUARDS)
    expect(verdicts.filter(({ says }) => says !== 'allow')).toEqual([])
    expect(verdicts).toContainEqual(STORED)
  })

  test('is published with the instant of its end', async () => {
    const [run] = await made()
    const event = runEndedEvent({ ...run, updatedAt: '2026-02-02T00:00:00.000Z' }, ORIGIN)
    expect(event.time).toBe(run.endedAt)
  })
})

describe('a dead letter', () => {
  const deadLetter: DeadLetter = {
    messageId: 'm1',
    from: 'polls',
    queue: 'q',
    body: '{}',
    at: '2026-01-01T00:00:00.000Z',
  }
  // As the table gives it back.
  const item = {
    ...deadLetter,
    id: 'letter:m1',
    kind: 'letter',
    createdAt: deadLetter.at,
    expiresAtSeconds: 1,
    ...ADDED,
  }

  test('is shown without what the table keeps beside it', () => {
    expect(deadLetterViewOf(item)).toEqual(deadLetter)
  })

  test('is published without that', () => {
    expect(messageDeadLetteredEvent(item, ORIGIN)).toEqual(messageDeadLetteredEvent(deadLetter, ORIGIN))
  })
})
