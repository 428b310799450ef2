import type { Call } from '../../../lib/cloud/call.ts'
import { CloudError, type CloudErrorFacts } from '../../../lib/cloud/errors.ts'
import type { Operation } from '../../../lib/cloud/operation.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { acting, type Scope, scope, whenAwake, world } from './current.ts'
import type { FaultKind } from './faults.ts'
import { dies, note } from './request.ts'
import { lacksSecret, SECRET_MS } from './secrets.ts'
import { targetsOf } from './targets.ts'
import type { Truth } from './truth.ts'

export interface Cloud {
  call: Call
  /** Told of every answer, also of one that several share. */
  heard?: (by: Scope) => void
  reads: number
  writes: number
  /** What the clouds are really like. */
  truth: Truth
}

/** How one call goes wrong. `arrives` = it takes effect all the same. */
interface Trouble {
  kind: FaultKind
  error: Pick<CloudErrorFacts, 'kind' | 'change'> & Partial<CloudErrorFacts>
  arrives: boolean
  /** Only of changes. */
  ofChanges?: boolean
}

/** What comes back is what `lib/cloud` makes of a cloud's answer, its own few repeats included. */
const TROUBLES: readonly Trouble[] = [
  { kind: 'cloud busy', error: { kind: 'busy', change: 'none', code: 'DCS.4111' }, arrives: false, ofChanges: true },
  { kind: 'cloud throttles', error: { kind: 'throttled', change: 'none', retryAfterMs: 30_000 }, arrives: false },
  {
    // Longer than a queue delays a message.
    kind: 'cloud throttles for long',
    error: { kind: 'throttled', change: 'none', retryAfterMs: 1_100_000 },
    arrives: false,
  },
  { kind: 'cloud denies', error: { kind: 'denied', change: 'none' }, arrives: false },
  { kind: 'cloud out of reach', error: { kind: 'network', change: 'none' }, arrives: false },
  { kind: 'cloud 5xx before effect', error: { kind: 'unavailable', change: 'unknown' }, arrives: false },
  { kind: 'cloud 5xx after effect', error: { kind: 'unavailable', change: 'unknown' }, arrives: true },
  { kind: 'cloud unreadable after effect', error: { kind: 'unreadable', change: 'unknown' }, arrives: true },
]

const TOO_MANY: Trouble = {
  kind: 'cloud limits its rate',
  error: { kind: 'throttled', change: 'none' },
  arrives: false,
}

/** As in `lib/cloud/call.ts`: a change is waited for so long, a read with its repeats. */
const PATIENCE_MS = { once: 20_000, idempotent: 24_000, read: 24_000 } as const

/** A request that was given up may still arrive so much later. */
const LATEST_MS = 120_000

/** The clouds behind `call`: they take time, err, hang and lie, as this world has it. */
export function createCloud(truth: Truth): Cloud {
  const isTooMany = createRate()
  const cloud: Cloud = {
    truth,
    reads: 0,
    writes: 0,
    call: (operation, input, place) => {
      const by = acting()
      return new Promise((resolve, reject) => {
        const send = (): void => {
          if (dies(by.worker, 'before', operation.name)) return
          const leftMs = place.deadlineAtMs - Date.now()
          // As `lib/cloud` does: with no time left, nothing is sent.
          if (leftMs <= 0) {
            reject(gaveUp(operation, 'none'))
            return
          }
          if (lacksSecret(by.worker)) {
            const waitMs = Math.min(leftMs, SECRET_MS)
            const error = errorOf(operation, { kind: 'unavailable', change: 'none', unsent: true })
            world().clock.after(waitMs, () => whenAwake(by.worker, () => reject(error)))
            return
          }
          if (operation.effect === 'read') cloud.reads++
          else cloud.writes++
          const runIds = told(operation, input, by)
          const answered = dispatch(operation, input, by, Math.min(leftMs, PATIENCE_MS[operation.effect]))
          if (dies(by.worker, 'after', operation.name)) return
          answered((answer) =>
            whenAwake(
              by.worker,
              () => void answer().then(...heardBy({ runIds, operation, input, by }, resolve, reject)),
            ),
          )
        }
        whenAwake(by.worker, () => scope.run(by, send))
      })
    },
  }

  /** Sends it on its way. @returns how to hear of the answer */
  const dispatch = <Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    by: Scope,
    patienceMs: number,
  ): ((hear: (answer: () => Promise<Output>) => void) => void) => {
    const { clock } = world()
    const act = (): Promise<Output> => scope.run(by, () => truth.arrive(operation, input, by))
    const fail =
      (error: CloudError): (() => Promise<Output>) =>
      () =>
        Promise.reject(error)
    const trouble = isTooMany(operation) ? TOO_MANY : troubleOf(operation)
    const latencyMs = world().conditions.latencyMs(operation.service.provider)
    const hangs: { arrivesInMs?: number } | undefined = latencyMs === undefined ? {} : undefined
    const late =
      hangs ??
      (world().hangs.now(operation.service.provider) ? hanging(operation, patienceMs) : lateness(operation, patienceMs))
    if (late) {
      note(
        `${operation.name}: no answer, ${late.arrivesInMs === undefined ? 'never arrives' : `arrives in ${late.arrivesInMs} ms`}`,
      )
      if (late.arrivesInMs !== undefined) clock.after(late.arrivesInMs, () => void act().catch(() => {}))
      const change = operation.effect === 'read' ? 'none' : 'unknown'
      return (hear) => void clock.after(patienceMs, () => hear(fail(gaveUp(operation, change))))
    }
    const thereMs = (latencyMs ?? 0) + world().travelMs('cloud') + slownessMs(patienceMs)
    return (hear) =>
      void clock.after(thereMs, () => {
        const answer = trouble && !trouble.arrives ? undefined : act()
        answer?.catch(() => {})
        if (trouble) scope.run(by, () => note(`${operation.name}: ${trouble.kind}`))
        const said = trouble ? fail(errorOf(operation, trouble.error)) : () => answer ?? Promise.reject()
        clock.after(world().travelMs('cloud'), () => hear(said))
      })
  }
  return cloud
}

/** @returns the runs for which it is sent, where it is what they carry out */
function told<Input>(operation: Operation<Input>, input: Input, by: Scope): string[] {
  const { witness } = world()
  note(`asks ${operation.name}`)
  if (!CATALOGUE.has(operation.name)) return []
  const targets = targetsOf(operation, input, by)
  for (const { runId, resource } of targets) witness.sending({ runId, resource }, operation.name, by)
  return targets.map(({ runId }) => runId)
}

/** Whoever asked hears the answer: the witness, too. */
function heardBy<Output>(
  asked: { runIds: readonly string[]; operation: Pick<Operation, 'name' | 'effect'>; input: unknown; by: Scope },
  resolve: (output: Output) => void,
  reject: (error: unknown) => void,
): [(output: Output) => void, (error: unknown) => void] {
  const { witness } = world()
  const { runIds, operation, input, by } = asked
  return [
    (output) => {
      if (operation.effect === 'read') witness.answered(by, operation.name, { input, output })
      resolve(output)
    },
    (error) => {
      if (error instanceof CloudError && error.facts.change === 'none')
        for (const runId of runIds) witness.refusedClearly(runId)
      reject(error)
    },
  ]
}

/** Calls of one API that a cloud takes a second, where it counts them: documented for Tencent Cloud. */
const PER_SECOND = 20

/** The limit of a cloud itself, for all that ask it. @returns whether a call is one too many */
function createRate(): (operation: Pick<Operation, 'api' | 'service'>) => boolean {
  const limits = new Map<string, boolean>()
  const taken = new Map<string, { second: number; calls: number }>()
  return ({ api, service: { provider } }) => {
    const { faults, clock, chance } = world()
    const isLimited = limits.get(provider) ?? chance('oddities', `rate of ${provider}`) < faults.rateOf(LIMITS)
    limits.set(provider, isLimited)
    const second = Math.floor(clock.now() / 1000)
    const last = taken.get(api)
    const calls = last?.second === second ? last.calls + 1 : 1
    taken.set(api, { second, calls })
    const isTooMany = isLimited && calls > PER_SECOND && faults.rateOf(LIMITS) > 0
    if (isTooMany) faults.meet(LIMITS)
    return isTooMany
  }
}

const LIMITS = 'cloud limits its rate'

function troubleOf({ effect }: Pick<Operation, 'effect'>): Trouble | undefined {
  const { faults } = world()
  return TROUBLES.find(({ kind, ofChanges }) => (!ofChanges || effect !== 'read') && faults.happens(kind))
}

/** The whole cloud hangs: a change may arrive all the same, at once or late. */
function hanging({ effect }: Operation, patienceMs: number): { arrivesInMs?: number } {
  const { faults } = world()
  const chance = effect === 'read' ? 1 : faults.measure()
  if (chance >= 0.5) return {}
  return { arrivesInMs: chance < 0.25 ? 50 : patienceMs + Math.floor(faults.measure() * LATEST_MS) }
}

/** Whether no answer comes in time, and when the request arrives then, if ever. */
function lateness({ effect }: Operation, patienceMs: number): { arrivesInMs?: number } | undefined {
  const { faults } = world()
  if (faults.happens('cloud hangs before effect')) return {}
  if (effect !== 'read' && faults.happens('cloud hangs after effect')) return { arrivesInMs: 50 }
  if (effect === 'read' || !faults.happens('cloud request arrives late')) return undefined
  return { arrivesInMs: patienceMs + Math.floor(faults.measure() * LATEST_MS) }
}

function slownessMs(patienceMs: number): number {
  const { faults } = world()
  if (!faults.happens('cloud slow')) return 0
  return Math.floor(faults.measure() ** 2 * Math.max(0, patienceMs - 1_000))
}

function gaveUp(operation: Pick<Operation, 'name'>, change: 'none' | 'unknown'): CloudError {
  return errorOf(operation, { kind: 'timeout', change })
}

function errorOf({ name }: Pick<Operation, 'name'>, facts: Trouble['error']): CloudError {
  return new CloudError({ operation: name, what: 'as this world has it', ...facts })
}
