import type { Run } from '../run.ts'
import { GUARDS, type GuardName, type Verdict } from './verdict.ts'

/** What a guard that has nothing to say of a run is taken to say once it was sent. Records of common runs stay small. */
const ALLOWS: Readonly<Record<GuardName, string>> = {
  policy: 'no entry of the policy was against it',
  pause: 'no pause was in force for it',
  disarmed: 'no rule that disarmed itself asked for it',
  storm: 'no storm stopped it',
  breaker: 'no breaker stopped it',
  window: 'no window kept it back',
  answered: 'no success before it had answered its alarm',
  limits: 'no limit stopped it',
  group: 'no group made it wait any more',
  precondition: 'no precondition of its operation was unmet',
  approval: 'no approval was missing',
}

/** What the guards said of a run, in their order: all of them once it was sent. @returns undefined where none has said anything */
export function verdictsOf({ verdicts = [], sentAt }: Pick<Run, 'verdicts' | 'sentAt'>): Verdict[] | undefined {
  const told = GUARDS.flatMap((guard) => {
    // A run that was sent waits no more, whatever it waited for before.
    const stored = verdicts.filter((one) => one.guard === guard && (sentAt === undefined || one.says === 'allow'))
    if (stored.length > 0 || sentAt === undefined) return stored
    return [{ guard, says: 'allow' as const, reason: ALLOWS[guard] }]
  })
  return told.length > 0 ? told : undefined
}
