import type { GuardPorts } from './guard-record.ts'
import type { GuardSettings } from './settings.ts'
import type { Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** Asks a guard about a run. Nothing is written. @returns undefined where it has nothing to count or to hold against it */
export type Judge = (asking: {
  ports: GuardPorts
  settings: GuardSettings
  subject: Subject
}) => Promise<Verdict | readonly Verdict[] | undefined>
