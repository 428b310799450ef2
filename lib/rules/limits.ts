import * as z from 'zod'
import { durationText, limitText } from '../runs/lease/limits.ts'
import { type Limits, MAX_COUNT, MAX_WINDOW_MS } from '../runs/tally.ts'

/** The limits of a rule: how often it may start runs. */

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

const DURATION = 'must be a whole number of minutes, hours or days, such as 30m, 2h or 1d'
const TOO_LONG = `must be ${durationText(MAX_WINDOW_MS)} at most`

function msOf(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? 0)
}

/** `30m`, `2h` or `1d`, read as ms. */
export const Duration = z
  .string(DURATION)
  .regex(/^\d{1,6}[mhd]$/, { error: DURATION, abort: true })
  .transform(msOf)
  .refine((ms) => ms <= MAX_WINDOW_MS, TOO_LONG)
  .describe(`Minutes, hours or days, such as 30m, 2h or 1d; ${durationText(MAX_WINDOW_MS)} at most`)

const LIMIT = 'must be such as `2 per 1h`, `2 per 1h per resource` or `10 per 1h per rule`'
const COUNT = `must allow 1 to ${MAX_COUNT} runs in a window of 1m to ${durationText(MAX_WINDOW_MS)}`

function countAndWindow(text: string): { count: number; windowMs: number } {
  const [count, , window = ''] = text.split(' ')
  return { count: Number(count), windowMs: msOf(window) }
}

function isInBounds({ count, windowMs }: { count: number; windowMs: number }): boolean {
  return count > 0 && count <= MAX_COUNT && windowMs > 0 && windowMs <= MAX_WINDOW_MS
}

/** `2 per 1h` counts the runs on one resource, of all rules. `per rule` counts the runs of this rule, on all resources. */
const Limit = z
  .string(LIMIT)
  .regex(/^\d{1,6} per \d{1,6}[mhd]( per (resource|rule))?$/, { error: LIMIT, abort: true })
  .transform((text) => ({
    ...countAndWindow(text),
    per: text.endsWith(' per rule') ? ('rule' as const) : ('resource' as const),
  }))
  .refine(isInBounds, COUNT)

const BUDGET = 'must be such as `20 per 1d`'

/** `20 per 1d`: so many runs of one caller. */
export const BudgetLimit = z
  .string(BUDGET)
  .regex(/^\d{1,6} per \d{1,6}[mhd]$/, { error: BUDGET, abort: true })
  .transform(countAndWindow)
  .refine(isInBounds, COUNT)

/** The fields of a rule, and of `defaults`, that limit it. */
export const Limiting = {
  cooldown: Duration.optional().describe('Time after the end of a run in which its resource gets no other, e.g. 30m'),
  limits: z
    .array(Limit)
    .optional()
    .describe(
      'How often runs may start: `2 per 1h` on one resource by all rules, `20 per 1d per rule` by this rule on all resources',
    ),
}

/** An alarm that began so soon after a success is its effect: a five-minute metric reports the outage that late. */
export const SETTLE_MS = 5 * 60_000

export const Defaults = z.strictObject({ ...Limiting, settle: Duration.optional() })
export type Defaults = z.infer<typeof Defaults>

/** Holds for alarms where the rule file sets nothing. */
const ALARM_LIMITS = {
  cooldown: 30 * 60_000,
  limits: [
    { count: 2, windowMs: 3_600_000, per: 'resource' },
    { count: 5, windowMs: 86_400_000, per: 'resource' },
  ],
} as const

/** Each step of a ladder may be taken once in an hour, also where no limit is given. */
function builtInLimits(rungs: number): Limits['atMost'] {
  return ALARM_LIMITS.limits.map((limit) => ({ ...limit, count: Math.max(limit.count, rungs) }))
}

type Limited = { name: string; cooldown?: number | undefined; limits?: Limits['atMost'] | undefined }

/** The limits of an alarm's run: of its rule, else of `defaults`, else the built-in ones. */
export function limitsOfAlarm(
  rule: Limited & { settle?: number | undefined; ladder?: unknown[] | undefined },
  defaults: Defaults,
  occurredAt: string,
): Limits {
  return {
    began: { at: occurredAt, settleMs: rule.settle ?? defaults.settle ?? SETTLE_MS },
    rule: rule.name,
    cooldownMs: rule.cooldown ?? defaults.cooldown ?? ALARM_LIMITS.cooldown,
    atMost: rule.limits ?? defaults.limits ?? builtInLimits(rule.ladder?.length ?? 1),
  }
}

/** The limits of people's runs: none, unless their rule sets some. */
export function limitsOfPeople({ name: rule, cooldown, limits }: Limited): Limits | undefined {
  if (cooldown === undefined && limits === undefined) return undefined
  return { rule, cooldownMs: cooldown ?? 0, atMost: limits ?? [] }
}

/** Limits as rules spell them; none where nothing limits. */
export function limitTexts({ cooldownMs, atMost }: Pick<Limits, 'cooldownMs' | 'atMost'>): string[] {
  return [...(cooldownMs > 0 ? [`cooldown ${durationText(cooldownMs)}`] : []), ...atMost.map(limitText)]
}
