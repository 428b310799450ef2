import { RUN_ID, type Run } from '../../../lib/runs/run.ts'
import { isFinal } from '../../../lib/runs/states.ts'
import { CONSOLE } from '../engine/console.ts'
import { type Scope, scope, world } from '../engine/current.ts'
import type { Item } from '../engine/expressions.ts'
import { runIdsIn } from '../engine/queues.ts'
import type { Violation, Witness, Work } from '../engine/witness.ts'
import { type Copies, createCopies } from './copies.ts'
import { resourceOf, SLOW, wasConfused, wasTaskMistaken, wasWaitCut } from './excuses.ts'
import { createJoined, type Joined } from './joined.ts'
import { createLine } from './line.ts'
import { createNeglect } from './neglect.ts'
import { createObserved } from './observed.ts'
import { createPromises } from './promises.ts'
import { createSynced } from './synced.ts'

export interface Seen extends Witness {
  /** Run -> when it ended. */
  endedAt: ReadonlyMap<string, number>
  /** How long runs waited for the sweeper's first message, from the time that was planned (ms). */
  rearmedAfterMs: readonly number[]
  /** The bodies of messages that queues gave up. */
  dead: readonly string[]
  /** Run -> when it was accepted, really. */
  createdAt: ReadonlyMap<string, number>
  copies: Copies
  joined: Joined
}

/** What the status of an instance or cluster shows while it goes on. */
const SHOWN = /^(dcs\.instance\.(restart|soft-restart|flush|stop|start)|emr\..*)$/

/** A lease, as far as those who judge read it. */
interface LeaseItem {
  id: string
  waiting: string[]
  holder?: { runId: string }
  until: string
}

/** Sees each change of the table and each call of a cloud, and what they break. */
export function createWitness(): Seen {
  const violations: Violation[] = []
  const endedAt = new Map<string, number>()
  /** The intents that each delivery of a message has written down. */
  const intents = new Map<object, Set<string>>()
  const changes = new Map<string, number>()
  const rearmedAfterMs: number[] = []
  const failed = new Set<string>()
  const createdAt = new Map<string, number>()
  /** Runs whose call was sent and not clearly refused. */
  const open = new Set<string>()
  const [neglect, promises, line, observed, copies] = [
    createNeglect(),
    createPromises(),
    createLine(),
    createObserved(),
    createCopies(),
  ]
  const [joined, synced] = [createJoined(endedAt), createSynced()]
  const dead: string[] = []

  const broken = (property: string, seen: string, ...runs: string[]): void => {
    violations.push({ property, seen, runs })
    const { log, clock } = world()
    log?.note(clock.now(), 'VIOLATION', `${property}: ${seen}`, runs)
  }

  /** What must be so in the moment in which a run ends. */
  const endedNow = (run: Run, now: number): void => {
    const { cloud } = world()
    const work = cloud.truth.works.get(resourceOf(run))
    const goesOn = work !== undefined && work.runId === run.id && work.until > now
    const isExcused = (): boolean =>
      work !== undefined && (isConfused(run) || wasWaitCut(world(), run, work) || wasTaskMistaken(world(), run))
    if (run.outcome?.providerDone && goesOn && !isExcused())
      broken('a false end frees the lease', `${run.state} while its work goes on: ${run.outcome.summary}`, run.id)
    if (run.state !== 'succeeded' || run.attachedTo) return
    const unseen = observed.unseen(run)
    if (unseen) broken('an outcome names only what was observed', unseen, run.id)
  }

  const isConfused = (run: Run | undefined): boolean =>
    run !== undefined && wasConfused(world(), run, createdAt.get(run.id) ?? 0, world().clock.now())

  /**
   * A call without an answer arrived late, its run was found by what somebody did at the console, and it shows nowhere but in
   * lists of tasks: nobody looks for it any more. That bound is documented.
   */
  const isMistaken = ({ runId, operation }: Work): boolean => {
    const run = asRun(world().table.item(runId))
    return run?.mayArriveUntil !== undefined && !SHOWN.test(operation) && isConfused(run)
  }

  const runWritten = (before: Run | undefined, after: Run, { message, worker }: Scope): void => {
    if (!before) createdAt.set(after.id, world().clock.now())
    neglect.written(before, after, worker)
    line.written(before, after)
    promises.written(after)
    const now = world().clock.now()
    const looked = joined.written({ before, after, by: worker, now, hostNow: now + world().aheadMs() + worker.skewMs })
    if (looked) broken('an attached run looks seldom', looked, after.id)
    if (before && isFinal(before.state)) {
      const same =
        before.state === after.state &&
        before.step === after.step &&
        JSON.stringify(before.outcome) === JSON.stringify(after.outcome)
      if (!same)
        broken(
          'an end never changes',
          `${before.state} at step ${before.step} became ${after.state} at step ${after.step}`,
          after.id,
        )
    }
    if (before && after.version !== before.version + 1)
      broken('every change is conditional', `version ${before.version} became ${after.version}`, after.id)
    const ended = isFinal(after.state)
    if (ended && !endedAt.has(after.id)) {
      endedAt.set(after.id, world().clock.now())
      endedNow(after, world().clock.now())
    }
    const isDue = after.due !== undefined && after.dueAt !== undefined
    if (isDue === (ended && after.notifiedAt !== undefined))
      broken('due exactly while something is to be done', `${after.state}, due ${after.due}`, after.id)
    const isFirstRearm = !before?.rearms && after.rearms === 1
    if (before && worker.function === 'sweep-runs' && !ended && isFirstRearm)
      rearmedAfterMs.push(world().clock.now() - Date.parse(before.nextAt))
    const by = message ?? worker
    if (after.state === 'submitting') put(intents, by, () => new Set<string>()).add(after.id)
    if (before && after.step > before.step) copies.stepped(after.id)
    if (before && before.state !== 'attached' && after.state === 'attached') copies.joined(after.id)
    if (before && after.step > before.step + 1)
      broken('a step is made once', `step ${before.step} became ${after.step}`, after.id)
  }

  /** It may only go when the work of its run has ended, or when its time is up. */
  const leaseChanged = (before: LeaseItem, after: LeaseItem | undefined): void => {
    const holder = before.holder?.runId
    const taker = after?.holder?.runId
    const passedBy = taker && taker !== holder ? line.passedBy(before.id, taker) : undefined
    if (taker && passedBy)
      broken('first come, first served', `${before.id} goes to ${taker} before ${passedBy}`, taker, passedBy)
    line.joined(before.id, after?.waiting ?? [])
    if (!holder || after?.holder?.runId === holder) return
    const { clock, cloud, table, aheadMs } = world()
    const work = cloud.truth.works.get(before.id.replace(/^lease:/, ''))
    const goesOn = work && work.runId === holder && work.until > clock.now()
    const run = asRun(table.item(holder))
    if (!goesOn || isConfused(run) || (run && wasTaskMistaken(world(), run))) return
    if (clock.now() + aheadMs() < Date.parse(before.until))
      broken('a lease is held while the work goes on', `${before.id} of ${holder}`, holder)
    else if (promises.stands(holder))
      broken('a lease is held as long as was promised', `${before.id} of ${holder}`, holder)
  }

  return {
    violations,
    endedAt,
    rearmedAfterMs,
    dead,
    broken,
    deadLetters: (body) => {
      dead.push(body)
    },
    createdAt,
    copies,
    joined,
    refusedClearly: (runId) => {
      open.delete(runId)
    },
    answered: (by, operation, answer) => {
      observed.answered(by.message?.runIds ?? [], operation, answer.output)
      synced.answered(by.message ?? by.worker, operation, answer)
    },
    published: (type, runId) => {
      // It says nothing of a state, and comes before its record.
      if (type === SLOW) return
      const state = world().table.item(runId ?? '')?.state
      if (type.startsWith('dev.steadyhand.run.') && type !== `dev.steadyhand.run.${String(state)}`)
        broken('no told state that the record does not have', `${type}, but ${String(state)}`, runId ?? '')
    },
    swept: (by, begunAt) => {
      for (const { run, waitedMs } of neglect.swept(by, begunAt))
        broken('an overdue run is brought on by a sweep', `${run.state}, overdue for ${waitedMs} ms`, run.id)
    },
    posted: (body, { message, worker }) => {
      for (const id of runIdsIn(body)) neglect.posted(id)
      const { step, runId } = JSON.parse(body) as { step?: number; runId?: string }
      if (step !== undefined && runId !== undefined) copies.posted(runId, worker.function)
      if (worker.function !== 'poll-run' || !message) return
      const [from, to] = [message.body, body].map((text) => JSON.parse(text) as { step?: number; runId?: string })
      const follows = to?.step === from?.step || to?.step === (from?.step ?? 0) + 1
      if (to?.step !== undefined && to.runId === from?.runId && !follows)
        broken('a message leads to its own step or the next', `${message.body} led to ${body}`, ...message.runIds)
    },
    failed: (delivery) => {
      failed.add(delivery)
    },
    deleted: (delivery, runs) => {
      if (failed.has(delivery)) broken('a message that failed comes back', delivery, ...runs)
    },
    refused: (why) => {
      const { message, worker } = scope.getStore() ?? {}
      broken('AWS refuses nothing', `${worker?.name ?? 'a queue'}: ${why}`, ...(message?.runIds ?? []))
    },
    forgot: (id, lost) => broken('what another release wrote is kept', `${id} lost ${lost}`, ...runIdsIn(id)),
    written: (before, after, by) => {
      const id = String((after ?? before)?.id)
      if (RUN_ID.test(id) && after) runWritten(asRun(before), asRun(after), by)
      else if (id.startsWith('lease:') && before) leaseChanged(asLease(before), asLease(after))
    },
    sending: ({ runId, resource }, operation, { message, worker }) => {
      if (!intents.get(message ?? worker)?.has(runId))
        broken('the intent is written before the call', `${operation} is sent without`, runId)
      if (open.has(runId)) broken('sent at most once', `${operation} is sent again`, runId)
      open.add(runId)
      const nodeId = asRun(world().table.item(runId))?.target.nodeId
      const heir = typeof nodeId === 'string' ? nodeId : undefined
      const unsafe = synced.unsafe(message ?? worker, operation, { resource, nodeId: heir })
      if (unsafe) broken('no swap to a replica that is not Active', unsafe, runId)
    },
    arrived: ({ runId, operation, resource, effective }, underway) => {
      if (
        underway &&
        underway.runId !== runId &&
        underway.runId !== CONSOLE &&
        promises.stands(underway.runId) !== false &&
        !isMistaken(underway)
      )
        broken(
          'one at a time',
          `${operation} reaches ${resource}, where ${underway.runId} is at work`,
          runId,
          underway.runId,
        )
      if (!effective) return
      const made = (changes.get(runId) ?? 0) + 1
      changes.set(runId, made)
      if (made > 1) broken('at most one change a run', `${operation} was made ${made} times`, runId)
      const holder = asLease(world().table.item(`lease:${resource}`))?.holder?.runId
      if (holder !== runId && !isConfused(asRun(world().table.item(runId))))
        broken('no change without the lease', `${resource} is held by ${holder}`, runId)
    },
  }
}

function put<Value>(map: Map<object, Value>, key: object, fresh: () => Value): Value {
  const value = map.get(key) ?? fresh()
  map.set(key, value)
  return value
}

/** Items are what our own store wrote. */
function asRun<Maybe extends Item | undefined>(item: Maybe): Maybe extends undefined ? undefined : Run {
  return item as never
}

function asLease<Maybe extends Item | undefined>(item: Maybe): Maybe extends undefined ? undefined : LeaseItem {
  return item as never
}
