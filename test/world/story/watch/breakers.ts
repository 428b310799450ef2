import { readFileSync } from 'node:fs'
import { guardsOf } from '../../../../lib/rules/guards.ts'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import { breakerState } from '../../../../lib/runs/guards/breaker.ts'
import { MAX_OUTCOMES, recordedOf } from '../../../../lib/runs/guards/note-outcome.ts'
import { RuleRecord } from '../../../../lib/runs/guards/rule-record.ts'
import { breakerOf } from '../../../../lib/runs/guards/settings.ts'
import type { Run } from '../../../../lib/runs/run.ts'
import type { Sim } from '../../engine/sim.ts'
import type { Violation } from '../../engine/witness.ts'
import { RULES_FILE } from '../handlers.ts'
import { runsOf } from '../verdict.ts'
import { listen } from './listen.ts'

/** Guards are asked before a run takes its resource; it is sent within this. */
const SENT_MS = 100_000

const OPENED = 'dev.steadyhand.breaker.opened'

const SETTINGS = guardsOf(parseRules(readFileSync(RULES_FILE, 'utf8'), RULES_FILE))

/** What breakers let through, whom they count, and what people hear of them. */
export interface Breakers {
  violations(): Violation[]
}

/** Follows the records of rules and operations, and what is sent meanwhile. */
export function watchBreakers(sim: Sim): Breakers {
  const versions = new Map<string, { since: number; record: RuleRecord }[]>()
  const passed: Violation[] = []
  const allows = (of: string, runId: string): boolean => {
    const breaker = breakerOf(SETTINGS, of)
    const all = versions.get(`guard:${of}`) ?? []
    const now = sim.clock.now()
    const inForce = all.filter((_, index) => (all[index + 1]?.since ?? now) >= now - SENT_MS)
    const lets = ({ record }: { record: RuleRecord }): boolean =>
      breaker === 'off' || record.trial?.runId === runId || breakerState(record, breaker, now).is === 'closed'
    // What there was no record of was closed.
    const wasNew = (all[0]?.since ?? now) >= now - SENT_MS
    return wasNew || inForce.some(lets)
  }
  listen(sim.witness, {
    written: (before, after) => {
      if (after?.kind === 'guard' && /^guard:(rule|operation)\//.test(String(after.id))) {
        const record = RuleRecord.parse(after)
        versions.set(record.id, [...(versions.get(record.id) ?? []), { since: sim.clock.now(), record }])
      }
      if (after?.kind !== 'run' || after.state !== 'submitting' || before?.state === 'submitting') return
      const { id, operation, source } = after as unknown as Run // as its kind says
      if (source.kind !== 'alarm') return
      const closed = recordedOf(operation, source.rule).find((of) => !allows(of, id))
      if (closed) passed.push({ property: 'an open breaker sends nothing', seen: `${id} of ${closed}`, runs: [id] })
    },
  })
  const newest = (of: string): RuleRecord | undefined => versions.get(`guard:${of}`)?.at(-1)?.record
  return { violations: () => [...passed, ...uncounted(sim, newest), ...untold(sim, versions)] }
}

/** Each run of an alarm that was sent and failed is counted once its end is told. */
function uncounted(sim: Sim, newest: (of: string) => RuleRecord | undefined): Violation[] {
  const failed = runsOf(sim).filter(
    ({ source, sentAt, state, notifiedAt }) =>
      source.kind === 'alarm' && sentAt && notifiedAt && ['failed', 'timed-out', 'unknown'].includes(state),
  )
  const missing = failed.find(({ id, operation, source }) =>
    recordedOf(operation, source.rule).some((of) => {
      const { outcomes = [] } = newest(of) ?? {}
      return outcomes.length < MAX_OUTCOMES && !outcomes.some(({ runId }) => runId === id)
    }),
  )
  return missing ? [{ property: 'a failure is counted', seen: missing.id, runs: [missing.id] }] : []
}

/** In the end, people know of each breaker that is not closed. */
function untold({ topic, clock }: Sim, versions: ReadonlyMap<string, { record: RuleRecord }[]>): Violation[] {
  const told = new Set(topic.deliveries.filter(({ type }) => type === OPENED).map(({ data }) => data.of))
  const silent = [...versions].find(([id, all]) => {
    const of = id.slice('guard:'.length)
    const breaker = breakerOf(SETTINGS, of)
    const record = all.at(-1)?.record
    const isOpen = record && breaker !== 'off' && breakerState(record, breaker, clock.now()).is !== 'closed'
    return isOpen && !told.has(of)
  })
  return silent ? [{ property: 'an open breaker is told', seen: silent[0], runs: [] }] : []
}
