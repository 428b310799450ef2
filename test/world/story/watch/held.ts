import type { Pause } from '../../../../lib/runs/guards/pauses.ts'
import type { RuleRecord } from '../../../../lib/runs/guards/rule-record.ts'
import type { Run } from '../../../../lib/runs/run.ts'
import type { Scope } from '../../engine/current.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Seen } from '../witness.ts'
import { listen } from './listen.ts'
import { runOf } from './lives.ts'

/** What was past its guards by then is sent within the time-out of its function. */
const PASSED_MS = 35_000

/** Clocks of hosts may be minutes apart: for some, a pause lapses sooner. */
const APART_MS = 5 * 60_000

/** Nothing is newly sent while a pause includes it, or for an alarm of a rule that has disarmed itself. */
export function watchHeld({ clock, witness, faults }: Sim, { broken }: Pick<Seen, 'broken'>): void {
  const pauses = new Map<string, { scope: string; since: number; until: number }>()
  const disarmed = new Map<string, number>()

  const pausesWritten = (inForce: readonly Pause[]): void => {
    for (const id of pauses.keys()) if (!inForce.some((pause) => pause.id === id)) pauses.delete(id)
    for (const { id, scope, until } of inForce) {
      const endsAt = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) - APART_MS
      if (!pauses.has(id)) pauses.set(id, { scope, since: clock.now(), until: endsAt })
    }
  }

  const ruleWritten = ({ id, disarmedAt }: RuleRecord): void => {
    if (disarmedAt === undefined) disarmed.delete(id)
    else if (!disarmed.has(id)) disarmed.set(id, clock.now())
  }

  const sent = ({ id, operation, resource, source }: Run, { worker }: Scope): void => {
    // Whoever is thawed does not know how late it is.
    const met = [...worker.met, ...faults.met(id)]
    if (met.some((kind) => kind === 'worker freezes' || kind === 'worker comes back after its time-out')) return
    const latest = clock.now() - PASSED_MS
    const scopes = ['all', `operation:${operation}`, `resource:${resource}`]
    const pause = [...pauses.values()].find(
      ({ scope, since, until }) => scopes.includes(scope) && since < latest && clock.now() < until,
    )
    if (pause) broken('nothing is sent while it is paused', `${operation}, though ${pause.scope} is paused`, id)
    const disarmedAt = source.kind === 'alarm' ? disarmed.get(`guard:rule/${source.rule}`) : undefined
    if (disarmedAt !== undefined && disarmedAt < latest)
      broken('a disarmed rule sends nothing', `${operation} of rule ${source.rule}`, id)
  }

  listen(witness, {
    written: (before, after, by) => {
      // Documents are what our own store wrote.
      if (after?.id === 'guard:pauses') pausesWritten((after as unknown as { pauses: Pause[] }).pauses)
      else if (String(after?.id).startsWith('guard:rule/')) ruleWritten(after as unknown as RuleRecord)
      else if (after?.kind === 'run' && after.state === 'submitting' && before?.state !== 'submitting')
        sent(runOf(after), by)
    },
  })
}
