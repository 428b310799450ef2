import * as z from 'zod'
import { Collision } from '../runs/run.ts'
import { Severity } from '../sources/alarm.ts'
import { Defaults, Duration, Limiting } from './limits.ts'
import { Pattern, Patterns } from './pattern.ts'
import { AlarmReference, Lists, ruleValue, TicketReference } from './references.ts'

/** Names a rule in logs and in the runs that it starts. */
const Name = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be lower-case letters, digits and hyphens')

/** What every rule for one operation says. */
const Does = {
  run: z.string(),
  /** How it is to be done; nothing of it comes from outside. */
  params: z.record(z.string(), z.unknown()).optional(),
  /** What becomes of it where another wish has the target. */
  collision: Collision.optional(),
  /** What is older tells of the past: whatever it was about may have ended, or been mended by hand. */
  maxAgeMinutes: z.number().int().min(1).max(2880).optional(),
  /** Must be said for an operation that deletes data by design. */
  allowDataLoss: z.boolean().optional(),
  ...Limiting,
}

/** One, or several of which one must fit. */
const Severities = z
  .union([Severity, z.array(Severity).min(1)], `must be one of ${Severity.options.join(', ')}, or a list of them`)
  .transform((given) => [given].flat())

/** Alarm -> run. */
export const AlarmRule = z.strictObject({
  name: Name,
  /** All that is given must fit. */
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
  /** Must be said where an alarm may name any target of an operation that hurts the wrong one. */
  anyTarget: z.boolean().optional(),
  /** What began so soon after a success there is answered by it. */
  settle: Duration.optional(),
  ...Does,
})
export type AlarmRule = z.infer<typeof AlarmRule>

/** Ticket -> run. */
export const TicketRule = z.strictObject({
  name: Name,
  /** All that is given must fit. */
  when: z.strictObject({
    source: Patterns,
    event: Patterns,
    /** By dotted path into the ticket. */
    fields: z.record(z.string(), Patterns).optional(),
  }),
  target: z.record(z.string(), ruleValue(TicketReference)),
  /** The ticket system is asked whether somebody else approved it, and whether it is still as it was then. */
  approval: z.literal('required').optional(),
  ...Does,
})
export type TicketRule = z.infer<typeof TicketRule>

/** What somebody may ask for who says himself what is to be done, and of what. */
const Allows = {
  run: Patterns,
  /** The resources that may be touched, e.g. `huawei/dcs/<instance id>`. */
  resources: Patterns,
  /** By name. Unless given, the default account alone. */
  accounts: Patterns.optional(),
  /** Unless given, the default region of the cloud alone. */
  regions: Patterns.optional(),
  /** Which params may be given, by dotted path. Unless given, all but free text that goes to a cluster. */
  params: Patterns.optional(),
  allowDataLoss: Does.allowDataLoss,
  ...Limiting,
}

/** Which wishes in our own words (`run.requested`) a sender of webhooks may send in. */
export const RequestRule = z.strictObject({
  name: Name,
  when: z.strictObject({ source: Patterns }),
  maxAgeMinutes: Does.maxAgeMinutes,
  ...Allows,
})
export type RequestRule = z.infer<typeof RequestRule>

/** Which wishes a caller of the HTTP API may send in. */
export const CallerRule = z.strictObject({
  name: Name,
  /** As runs show it: an ARN of IAM, `<issuer>#<subject> (<name>)` of a JWT. */
  when: z.strictObject({ caller: Patterns }),
  ...Allows,
})
export type CallerRule = z.infer<typeof CallerRule>

export const Rules = z.strictObject({
  /** Of all rules for alarms that do not say it themselves. */
  defaults: Defaults.default({}),
  lists: Lists.default({}),
  rules: z.array(AlarmRule).default([]),
  tickets: z.array(TicketRule).default([]),
  requests: z.array(RequestRule).default([]),
  /** Without any, whoever the API lets in may ask for all but what deletes data. */
  callers: z.array(CallerRule).optional(),
})
export type Rules = z.infer<typeof Rules>
