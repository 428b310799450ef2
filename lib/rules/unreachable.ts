import { DEFAULT_ACCOUNT } from '../cloud/accounts.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import type { Alarm } from '../sources/alarm.ts'
import type { Ticket } from '../sources/ticket.ts'
import { alarmMisfits, ticketMisfits } from './closest.ts'
import { covers, likeAny, type Patterns } from './pattern.ts'
import type { RuleError } from './rule-error.ts'
import { sourcesOf } from './rule-errors.ts'
import type { AlarmRule, CallerRule, RequestRule, Rules, TicketRule } from './rules.ts'

/** In each section the first rule that fits decides. A rule is never reached if those before it fit all that it fits. */

/** The rules that nothing reaches. Others may be unreachable, too: what is found is certain. */
export function unreachableRules(rules: Rules): RuleError[] {
  const { requests, callers = [] } = rules
  return [
    ...neverReached('rules', rules.rules, (rule, before) =>
      fittingFirst(rule, { before, events: widestAlarms(rule), misfits: alarmMisfits }),
    ),
    ...neverReached('tickets', rules.tickets, (rule, before) =>
      fittingFirst(rule, { before, events: widestTickets(rule), misfits: ticketMisfits }),
    ),
    // All requests have one source.
    ...neverReached('requests', requests, (rule, before) => allowingAll(before, rule)),
    ...neverReached('callers', callers, (rule, before) => {
      const ofCaller = before.filter(({ when }) => covers(when.caller, rule.when.caller))
      return allowingAll(ofCaller, rule)
    }),
  ]
}

/** @param findBefore the earlier rules that decide instead; none if the rule is reached */
function neverReached<Rule extends { name: string }>(
  section: string,
  all: readonly Rule[],
  findBefore: (rule: Rule, before: readonly Rule[]) => Rule[],
): RuleError[] {
  return all.flatMap((rule, index) => {
    const names = findBefore(rule, all.slice(0, index)).map(({ name }) => name)
    if (names.length === 0) return []
    const first = names.length === 1 ? `rule ${names[0]} fits` : `rules ${names.join(', ')} fit`
    return [{ path: [section, index], message: `rule ${rule.name}: is never reached: ${first} all of it first` }]
  })
}

/** More combinations of conditions are not gone through. */
const MAX_WIDEST = 10_000

/** The earlier rules that fit the widest events of a rule; none if one event is left to it. */
function fittingFirst<Event, Rule>(
  rule: Rule,
  { before, events, misfits }: { before: readonly Rule[]; events: Iterable<Event>; misfits: Misfits<Rule, Event> },
): Rule[] {
  const found = new Set<Rule>()
  let count = 0
  for (const event of events) {
    const first = before.find((one) => misfits(one, event).length === 0)
    // A rule with conditions that exclude each other does not fit its own events.
    if (!first || misfits(rule, event).length > 0 || ++count > MAX_WIDEST) return []
    found.add(first)
  }
  return [...found]
}

type Misfits<Rule, Event> = (rule: Rule, event: Event) => unknown[]

/**
 * They stand for all alarms that a rule fits: another rule fits all alarms of the rule only if it fits these. Their texts are the
 * patterns of the rule, as in {@link covers}.
 */
function* widestAlarms({ when }: AlarmRule): Iterable<Alarm> {
  const { account = '*', region = '*', dimensions = {}, tags = {} } = when
  const unknown = { identity: '', status: 'firing', occurredAt: '', dedupeKey: '', reason: '' } as const
  const sources = sourcesOf('alarm').filter((name) => likeAny(when.source, name))
  for (const texts of combinations({ source: sources, name: when.alarm }))
    for (const severity of when.severity ?? [undefined])
      for (const chosen of combinations(dimensions))
        for (const marks of combinations(tags))
          yield { ...unknown, account, region, ...texts, severity, dimensions: chosen, tags: marks }
}

function* widestTickets({ when }: TicketRule): Iterable<Ticket> {
  const unknown = { key: '', by: '', reason: '', occurredAt: '', dedupeKey: '' }
  const sources = sourcesOf('ticket').filter((name) => likeAny(when.source, name))
  for (const texts of combinations({ source: sources, event: when.event }))
    for (const fields of combinations(when.fields ?? {})) yield { ...unknown, ...texts, fields: nested(fields) }
}

/** Every choice of one text for each key. */
function* combinations<Key extends string>(choices: Record<Key, Patterns>): Iterable<Record<Key, string>> {
  const [[key, texts] = [], ...rest] = Object.entries<Patterns>(choices)
  if (key === undefined || texts === undefined) return yield {} as Record<Key, string> // no key is left
  for (const others of combinations(Object.fromEntries(rest)))
    for (const text of [texts].flat()) yield { ...others, [key]: text } as Record<Key, string> // one text for each key
}

/** The object that has each text at its dotted path. */
function nested(texts: Record<string, string>): object {
  const fields = Object.create(null)
  for (const [path, text] of Object.entries(texts)) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    const holder = keys.reduce((inside, key) => {
      inside[key] ??= Object.create(null)
      return inside[key]
    }, fields)
    if (typeof holder === 'object') holder[last] = text
  }
  return fields
}

/** The earlier rule that allows all that a rule allows. A batch needs one rule for all its targets, so one must do alone. */
function allowingAll<Rule extends RequestRule | CallerRule>(before: readonly Rule[], rule: Rule): Rule[] {
  const first = before.find((one) => allowsAll(one, rule))
  return first ? [first] : []
}

function allowsAll(one: RequestRule | CallerRule, rule: RequestRule | CallerRule): boolean {
  const operations = operationsOf(one)
  return (
    operationsOf(rule).every((name) => operations.includes(name)) &&
    covers(one.resources, rule.resources) &&
    covers(one.accounts ?? DEFAULT_ACCOUNT, rule.accounts ?? DEFAULT_ACCOUNT) &&
    coversChosen(one.regions, rule.regions) &&
    coversChosen(one.params, rule.params)
  )
}

function operationsOf({ run, allowDataLoss }: RequestRule | CallerRule): string[] {
  const allowed = [...CATALOGUE.values()].filter(({ destroysData }) => allowDataLoss || !destroysData)
  return allowed.map(({ name }) => name).filter((name) => likeAny(run, name))
}

/** Absent regions and params are a choice that the file does not show: it equals itself, and all that `*` matches has it. */
function coversChosen(general: Patterns | undefined, specific: Patterns | undefined): boolean {
  if (general === undefined) return specific === undefined
  return covers(general, specific ?? '*')
}
