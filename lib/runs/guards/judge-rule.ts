import { breakerVerdict } from './breaker.ts'
import { disarmVerdict } from './disarm.ts'
import { readGuard } from './guard-record.ts'
import type { Judge } from './judging.ts'
import { type Recorded, recordOf } from './rule-record.ts'
import { breakerOf, guardsOfRule } from './settings.ts'
import { withoutLostTrial } from './trial.ts'

/** Disarming and the breaker of a run's rule: one record has both. Only runs of alarms are bound. */
export const judgeRule: Judge = async (asking) => {
  const { ports, settings, subject } = asking
  const { rule } = subject.run.source
  if (!subject.isAutomatic || rule === undefined) return undefined
  const of: Recorded = `rule/${rule}`
  const record = await withoutLostTrial(ports, await readGuard(ports, recordOf(of)))
  const nowMs = ports.clock()
  const breaker = breakerOf(settings, of)
  const isDisarming = guardsOfRule(settings, rule).disarm !== 'off'
  return [
    isDisarming ? disarmVerdict(rule, record, nowMs) : undefined,
    breaker === 'off' ? undefined : breakerVerdict({ of, record, runId: subject.run.id }, breaker, nowMs),
  ].filter((verdict) => verdict !== undefined)
}

/** The breaker of a run's operation. */
export const judgeOperation: Judge = async ({ ports, settings, subject }) => {
  const of: Recorded = `operation/${subject.run.operation}`
  const breaker = breakerOf(settings, of)
  if (!subject.isAutomatic || breaker === 'off') return undefined
  const record = await withoutLostTrial(ports, await readGuard(ports, recordOf(of)))
  return breakerVerdict({ of, record, runId: subject.run.id }, breaker, ports.clock())
}
