import * as z from 'zod'
import { Collision, SourceKind } from '../runs/run.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { Severity } from '../sources/alarm.ts'
import { Groups, STORM_SAYS, StormSetting } from './groups.ts'
import { Ladder } from './ladder.ts'
import { BudgetLimit, Defaults, Duration, Limiting } from './limits.ts'
import { Pattern, Patterns } from './pattern.ts'
import { AlarmReference, Lists, ruleValue, TicketReference } from './references.ts'
import { Stopping } from './rule-guards.ts'
import { Windowed } from './window-fields.ts'
import { WindowsSection } from './windows.ts'

const Name = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be lower-case letters, digits and hyphens')
  .describe('Names the rule in logs and in the runs that it starts')

/** The fields of every rule that starts one operation. */
const RunFields = {
  run: z.string().meta({ description: 'The operation', enum: [...CATALOGUE.keys()] }),
  params: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Options of the operation. They are fixed by the rule: no value comes from the event'),
  collision: z.optional(Collision),
  maxAgeMinutes: z
    .number()
    .int()
    .min(1)
    .max(2880)
    .optional()
    .describe('Older events are refused: their cause may have ended, or been fixed by hand'),
  allowDataLoss: z.boolean().optional().describe('Required for an operation that deletes data by design'),
  ...Limiting,
  ...Windowed,
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
    alarm: Patterns.describe('Name of the alarm; `*` matches any text'),
    account: Pattern.optional(),
    region: Pattern.optional(),
    severity: Severities.optional().describe('The nearest level to the own word of the source'),
    dimensions: z.record(z.string(), Patterns).optional().describe('Dimensions of the alarm, by name'),
    tags: z.record(z.string(), Patterns).optional().describe('Tags of the alarm, by key'),
  }),
  target: z
    .record(z.string(), ruleValue(AlarmReference))
    .describe('Values, or references such as { dimension: id, in: caches }, { tag: name } or { alarm: region }'),
  anyTarget: z
    .boolean()
    .optional()
    .describe('Required where an alarm may name any target of an operation that would harm a wrong one'),
  settle: Duration.optional().describe(
    'An alarm that began so soon after a success is answered by that success, e.g. 5m',
  ),
  onResolved: z
    .enum(['cancel', 'keep'])
    .optional()
    .describe('Whether a resolved alarm takes back what was not sent yet (the default)'),
  tellsResolved: z
    .boolean()
    .optional()
    .describe(
      'Whether the source tells that an alarm is resolved (the default): then silence means that it still fires',
    ),
  ...Stopping,
  ...RunFields,
  run: RunFields.run.optional(),
  ladder: Ladder.optional().describe('Instead of `run`: steps from the gentle one to the last one'),
})
export type AlarmRule = z.infer<typeof AlarmRule>

/** Ticket -> run. */
export const TicketRule = z.strictObject({
  name: Name,
  /** All given conditions must hold. */
  when: z.strictObject({
    source: Patterns,
    event: Patterns,
    fields: z.record(z.string(), Patterns).optional().describe('Keys are dotted paths into the ticket'),
  }),
  target: z
    .record(z.string(), ruleValue(TicketReference))
    .describe('Values, or references such as { field: data.cache, in: caches }'),
  approval: z
    .literal('required')
    .optional()
    .describe('The ticket system must confirm that another person approved the ticket, and that it is unchanged since'),
  ...RunFields,
})
export type TicketRule = z.infer<typeof TicketRule>

/** The runs that a rule allows. */
const Permissions = {
  run: Patterns.describe('The operations, e.g. dcs.instance.*'),
  resources: Patterns.describe('The resources that may be touched, e.g. `huawei/dcs/<instance id>`'),
  accounts: Patterns.optional().describe('Names of accounts; default: the default account'),
  regions: Patterns.optional().describe('Default: the default region of the cloud'),
  params: Patterns.optional().describe('Params by dotted path; default: all except free text that goes to a cluster'),
  allowDataLoss: RunFields.allowDataLoss,
  ...Limiting,
  ...Windowed,
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
  when: z.strictObject({
    caller: Patterns.describe(
      'An IAM ARN, `<issuer>#<subject>` of a JWT, or `authorizer#<principal>`; without the name that runs show beside it',
    ),
  }),
  ...Permissions,
})
export type CallerRule = z.infer<typeof CallerRule>

/** One kind of source, or several of which one must match. */
const Kinds = z
  .union([SourceKind, z.array(SourceKind).min(1)], `must be one of ${SourceKind.options.join(', ')}, or a list of them`)
  .transform((given) => [given].flat())

/** Who may do what, over all rules: the first entry that fits decides. Absent patterns match everything. */
const PolicyFields = z.strictObject({
  name: Name,
  /** All given conditions must hold. */
  who: z.strictObject({
    kind: Kinds.optional().describe('How it is asked for: alarm, ticket or http'),
    /** The name of the source, e.g. `cloudwatch` or `jira`; `api` by HTTP. */
    source: Patterns.optional(),
    /** The rule that asks, or that lets its sender ask. */
    rule: Patterns.optional(),
    /** As in `callers`; by HTTP only. */
    caller: Patterns.optional(),
  }),
  operations: Patterns,
  /** Resources are spelt in lower case: an entry that denies must not miss one for a capital letter. */
  resources: Patterns.transform((given) => [given].flat().map((one) => one.toLowerCase())),
  accounts: Patterns.optional(),
  regions: Patterns.optional(),
  allow: z.boolean().describe('Whether it allows or denies'),
  allowDataLoss: z.boolean().optional().describe('Without it, an entry that allows does not fit what deletes data'),
  override: z.boolean().optional().describe('Those whom it allows may override windows'),
  budget: z
    .array(BudgetLimit)
    .min(1)
    .optional()
    .describe('How many runs each caller may ask for, e.g. [20 per 1d]; of alarms and tickets, each source'),
  reason: z.string().min(1).max(300).optional().describe('For people who are refused'),
})

/** `at` is its place, `file:line`. It travels with the rules, and is absent in rules that were read from no file. */
export type PolicyEntry = z.infer<typeof PolicyFields> & { at?: string }

const PolicyEntry = PolicyFields.transform((fields): PolicyEntry => fields)

export const Rules = z.strictObject({
  defaults: Defaults.extend({ ...Stopping, storm: StormSetting.optional().describe(STORM_SAYS) })
    .default({})
    .describe('Limits, disarming and breakers of the alarm rules that set none themselves, and the storm of groups'),
  groups: Groups.default({}).describe('Resources that fall together'),
  lists: Lists.default({}).describe('What may be named from outside: a name each, or plain values'),
  windows: WindowsSection.default({}).describe('Spans of time that rules and groups name'),
  rules: z.array(AlarmRule).default([]).describe('Alarms: the first rule that fits decides'),
  tickets: z.array(TicketRule).default([]).describe('Tickets: the first rule that fits decides'),
  requests: z.array(RequestRule).default([]).describe('What senders of `run.requested` may ask for'),
  callers: z
    .array(CallerRule)
    .optional()
    .describe('What callers of the HTTP API may ask for; default: all operations that delete no data'),
  policy: z
    .array(PolicyEntry)
    .optional()
    .describe('Comes on top of all others: what it does not allow is refused. Default: the others decide alone'),
})
export type Rules = z.infer<typeof Rules>
