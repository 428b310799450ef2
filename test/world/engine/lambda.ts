import { whole } from './chance.ts'
import { concernNow, type Lineage, type Scope, scope, type Worker, world } from './current.ts'
import { runIdsIn } from './queues.ts'
import { note } from './request.ts'
import type { FunctionSettings } from './template.ts'

/** How an invocation ended, as its caller sees it. */
export type Ended = { response: unknown } | { failed: string }

export type Handler = (event: unknown, context: unknown) => unknown

export interface Lambda {
  /** @param more `lineages` of the records of the event, in order, and the `runs` that they are about; `about` whom it concerns, where that is known before */
  invoke(
    name: string,
    event: object,
    more: { lineages?: readonly Lineage[]; runs?: readonly string[]; subject?: string },
    onEnd: (ended: Ended, worker: Worker) => void,
  ): void
  invocations: number
}

/**
 * Runs the handlers, each invocation in a sandbox of its own: it may die at any time, and everything in it with it. Where
 * a handler gives up before its time-out, or the host freezes, what it left behind may go on minutes later.
 */
export function createLambda(
  settings: ReadonlyMap<string, FunctionSettings>,
  handlers: ReadonlyMap<string, Handler>,
): Lambda {
  const lambda: Lambda = {
    invocations: 0,
    invoke: (name, event, { lineages = [], runs = [], subject }, onEnd) => {
      const [handler, setting] = [handlers.get(name), settings.get(name)]
      if (!handler || !setting) throw new Error(`there is no function ${name}`)
      lambda.invocations++
      const { clock } = world()
      const concern = subject ?? name
      const worker = createWorker({ name, number: lambda.invocations, runs, concern })
      worker.skewMs = scope.run({ worker, concern }, () => skewMs())
      worker.isNext = scope.run({ worker, concern }, () => world().faults.happens('worker of the next release'))
      const endsAt = clock.now() + setting.timeoutMs
      let over = false
      const end = (ended: Ended): void => {
        if (over) return
        over = true
        timeout.run = undefined
        onEnd(ended, worker)
      }
      worker.die = (why) => {
        note(why)
        worker.dead = true
        // Lambda sees at once that the process is gone.
        end({ failed: why })
      }
      const timeout = clock.at(endsAt, () => {
        scope.run(store, () => leaveBehind(worker))
        end({ failed: 'time-out' })
      })
      const context = contextOf(worker, lambda.invocations, () => endsAt - clock.now())
      const store: Scope = { worker, concern }
      scope.run(store, () => {
        void run(handler, withScopes(event, store, lineages), context, worker, end)
      })
    },
  }
  return lambda
}

/** How far the clock of a host is off. */
export function skewMs(concern = concernNow()): number {
  const { faults } = world()
  const measure = (): number => faults.measure(concern)
  const off = faults.happens('host clock is off', concern) ? whole(3_000, measure) - 1_500 : 0
  return faults.happens('host clock is minutes off', concern) ? whole(240_000, measure) - 120_000 : off
}

async function run(
  handler: Handler,
  event: object,
  context: object,
  worker: Worker,
  end: (ended: Ended) => void,
): Promise<void> {
  try {
    const response = await handler(event, context)
    end({ response })
  } catch (error) {
    note(`fails: ${error}`)
    leaveBehind(worker)
    end({ failed: String(error) })
  }
}

/** An invocation that is over while something in it still waits: mostly that never goes on, but it may. */
function leaveBehind(worker: Worker): void {
  const { faults, clock } = world()
  if (worker.dead) return
  if (!faults.happens('worker comes back after its time-out')) {
    worker.dead = true
    return
  }
  const ms = Math.floor(faults.measure() ** 2 * 900_000)
  worker.freeze(clock.now() + ms)
  const { log } = world()
  log?.note(clock.now(), worker.name, `is left behind, and comes back after ${Math.round(ms / 1000)} s`)
}

type Begun = Pick<Worker, 'name' | 'runs' | 'concern'> & { number: number }

export function createWorker({ name, number, ...subject }: Begun): Worker {
  const worker: Worker = {
    ...{ name: `${name}#${number}`, function: name, ...subject, dead: false, frozenUntil: 0, skewMs: 0, isNext: false },
    met: new Set(),
    die: () => {},
    freeze: (until) => {
      worker.frozenUntil = Math.max(worker.frozenUntil, until)
    },
    isSpared: () => false,
  }
  return worker
}

export function contextOf({ function: functionName }: Worker, number: number, leftMs: () => number): object {
  return {
    functionName,
    awsRequestId: `request-${number}`,
    getRemainingTimeInMillis: () => Math.max(0, leftMs()),
  }
}

/**
 * The handlers treat the records of a batch side by side, each in an asynchronous function of its own that first reads
 * its body: from there on whatever is done is done for that message.
 */
function withScopes(event: object, { worker, concern }: Scope, lineages: readonly Lineage[]): object {
  if (!('Records' in event) || !Array.isArray(event.Records)) return event
  const Records = event.Records.map((record: { body: string }, index) => {
    const { body } = record
    const message = { runIds: runIdsIn(body), lineage: lineages[index] ?? {}, body }
    return Object.defineProperty({ ...record }, 'body', {
      enumerable: true,
      get: () => {
        if (scope.getStore()?.message !== message)
          scope.enterWith({ worker, concern: message.runIds[0] ?? concern, message })
        return body
      },
    })
  })
  return { ...event, Records }
}
