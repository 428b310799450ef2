import * as z from 'zod'
import { Collision } from '../runs/run.ts'
import { Severity } from '../sources/alarm.ts'
import { Groups, StormSetting } from './groups.ts'
import { Defaults, Duration, Limiting } from './limits.ts'
import { Pattern, Patterns } from './pattern.ts'
import { AlarmReference, Lists, ruleValue, TicketReference } from './references.ts'

/** Names a rule in logs and in the runs that it starts. */
const Name = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be lower-case letters, digits and hyphens')

/** The fields of every rule that starts one operation. */
const RunFields = {
  run: z.string(),
  /** Fixed by the rule: no value comes from the event. */
  params: z.record(z.string(), z.unknown()).optional(),
  /** The answer to a collision with a run that has the target. */
  collision: z.optional(Collision),
  /** Older events are refused: their cause may have ended, or been fixed by hand. */
  maxAgeMinutes: z.number().int().min(1).max(2880).optional(),
  /** Required for an operation that deletes data by design. */
  allowDataLoss: z.boolean().optional(),
  ...Limiting,
}

/** One severity, or several of which one must match. */
const Severities = z
  .union([Severity, z.array(Severity).min(1)], `must be one of ${Severity.options.join(', ')}, or a list of them`)
  .transform((given) => [given].flat())

/** Alarm -> run. */
export const AlarmRule = z.strictObject({
  name: Name,
  /** All given conditions must hold. */
  when: z.strictObject({
    source: Patterns.optional(),
    /** The alarm's name. */
    alarm: Patterns,
    account: Pattern.optional(),
    region: Pattern.optional(),
    severity: Severities.optional(),
    dimensions: z.record(z.string(), Patterns).optional(),
    tags: z.record(z.string(), Patterns).optional(),
  }),
  target: z.record(z.string(), ruleValue(AlarmReference)),
  /** Required where an alarm may name any target of an operation that would harm a wrong one. */
  anyTarget: z.boolean().optional(),
  /** An alarm that began so soon after a success is answered by that success. */
  settle: Duration.optional(),
  ...RunFields,
})
export type AlarmRule = z.infer<typeof AlarmRule>

/** Ticket -> run. */
export const TicketRule = z.strictObject({
  name: Name,
  /** All given conditions must hold. */
  when: z.strictObject({
    source: Patterns,
    event: Patterns,
    /** Keys are dotted paths into the ticket. */
    fields: z.record(z.string(), Patterns).optional(),
  }),
  target: z.record(z.string(), ruleValue(TicketReference)),
  /** The ticket system must confirm that another person approved the ticket, and that it has not changed since. */
  approval: z.literal('required').optional(),
  ...RunFields,
})
export type TicketRule = z.infer<typeof TicketRule>

/** The runs that a rule allows. */
const Permissions = {
  run: Patterns,
  /** The resources that may be touched, e.g. `huawei/dcs/<instance id>`. */
  resources: Patterns,
  /** Names of accounts; default: the default account. */
  accounts: Patterns.optional(),
  /** Default: the default region of the cloud. */
  regions: Patterns.optional(),
  /** Params by dotted path; default: all except free text that goes to a cluster. */
  params: Patterns.optional(),
  allowDataLoss: RunFields.allowDataLoss,
  ...Limiting,
}

/** Allows a sender of webhooks to request runs directly, with `run.requested`. */
export const RequestRule = z.strictObject({
  name: Name,
  when: z.strictObject({ source: Patterns }),
  maxAgeMinutes: RunFields.maxAgeMinutes,
  ...Permissions,
})
export type RequestRule = z.infer<typeof RequestRule>

/** Allows a caller of the HTTP API to request runs. */
export const CallerRule = z.strictObject({
  name: Name,
  /** An IAM ARN, `<issuer>#<subject>` of a JWT, or `authorizer#<principal>`; without the name that runs show beside it. */
  when: z.strictObject({ caller: Patterns }),
  ...Permissions,
})
export type CallerRule = z.infer<typeof CallerRule>

export const Rules = z.strictObject({
  /** Limits of the alarm rules that set none themselves. */
  defaults: Defaults.extend({ storm: StormSetting.optional() }).default({}),
  groups: Groups.default({}),
  lists: Lists.default({}),
  rules: z.array(AlarmRule).default([]),
  tickets: z.array(TicketRule).default([]),
  requests: z.array(RequestRule).default([]),
  /** Default: every authenticated caller may request all operations that delete no data. */
  callers: z.array(CallerRule).optional(),
})
export type Rules = z.infer<typeof Rules>
