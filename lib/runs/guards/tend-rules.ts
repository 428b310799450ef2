import type { RecordPorts } from '../ports.ts'
import { plusMs } from '../schedule.ts'
import { breakerState, openedAnnouncement } from './breaker.ts'
import { withRearming } from './disarm.ts'
import { changeGuard, tellOutbox } from './guard-record.ts'
import { recordWithId } from './rule-record.ts'
import { breakerOf, DEFAULT_GUARDS } from './settings.ts'

/** Arms a rule whose time is over, and tells people that a breaker has opened. Only here are thresholds and outcomes together. */
export async function tendRule(ports: RecordPorts, id: string): Promise<void> {
  const record = recordWithId(id)
  const { of } = record
  const breaker = breakerOf(ports.guards ?? DEFAULT_GUARDS, of)
  await changeGuard(ports, record, (before, nowMs) => {
    const { fields, announce } = withRearming(of.slice(of.indexOf('/') + 1), before, nowMs)
    if (announce.length === 0 && before.checkAt === undefined) return { answer: undefined }
    const checked = { ...fields, checkAt: undefined }
    const state = breaker === 'off' ? undefined : breakerState(fields, breaker, nowMs)
    if (breaker === 'off' || !state || state.is === 'closed' || fields.openedAt !== undefined) {
      return { write: checked, announce, answer: undefined }
    }
    const at = state.failed.at(-1)?.at ?? plusMs(nowMs, 0)
    const opened = openedAnnouncement({ of, state }, breaker, at)
    return { write: { ...checked, openedAt: at }, announce: [...announce, opened], answer: undefined }
  })
  await tellOutbox(ports, record)
}
