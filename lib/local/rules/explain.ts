import { allowingRule } from '../../rules/allow.ts'
import { alarmMisfits, type Misfit, ticketMisfits } from '../../rules/closest.ts'
import { limitsOfPeople, limitTexts } from '../../rules/limits.ts'
import { lateness, MAX_AGE_MINUTES, type Match, matchAlarm, matchTicket } from '../../rules/match.ts'
import type { AlarmRule, Rules, TicketRule } from '../../rules/rules.ts'
import type { DefaultRegions } from '../../runs/accept/check-request.ts'
import { type BatchRequest, draft, type RunRequest } from '../../runs/accept/draft.ts'
import type { Verdict } from '../../runs/guards/verdict.ts'
import { NotAllowedError, RequestError } from '../../runs/request-error.ts'
import type { Run } from '../../runs/run.ts'
import type { Alarm } from '../../sources/alarm.ts'
import type { DeliveryItem } from '../../sources/source.ts'
import type { Ticket } from '../../sources/ticket.ts'

/** What the rules would do with one item of an event, and why. */
export interface Explanation {
  read: { alarm: Alarm } | { ticket: Ticket } | { request: RunRequest | BatchRequest } | { ignored: string }
  subject: string
  /** People are notified of what is refused. */
  result: 'run' | 'ignored' | 'refused'
  /** Why there is no run. */
  reason?: string | undefined
  /** The rule that decides. */
  rule?: string | undefined
  runs: PlannedRun[]
  /** What guards say, in their order. */
  verdicts: EventVerdict[]
  /** Why none of the other rules decides: the first condition that does not hold. */
  others: { rule: string; why: string }[]
  /** The age of the event by the clock of this machine, where that would refuse it. */
  late?: string | undefined
  /** Guards that need the records of a deployment. */
  notChecked: string[]
}

interface PlannedRun extends Pick<Run, 'operation' | 'resource' | 'target' | 'params' | 'collision'> {
  /** As rules spell them. */
  limits: string[]
}

/** The age of an event is no guard of runs: it counts when the event comes. */
type EventVerdict = Omit<Verdict, 'guard'> & { guard: Verdict['guard'] | 'age' }

export interface Explaining {
  rules: Rules
  regions: DefaultRegions
  nowMs: number
  /** An event that is too old or too new is refused, not only noted. */
  minds: { age: boolean }
}

export function explain(explaining: Explaining, item: DeliveryItem): Explanation {
  if ('ignored' in item)
    return { ...NOTHING, ...item, read: { ignored: item.ignored }, result: 'ignored', reason: item.ignored }
  if ('request' in item) return explainRequest(explaining, item)
  return 'alarm' in item ? explainAlarm(explaining, item.alarm) : explainTicket(explaining, item.ticket)
}

const NOTHING = { runs: [], verdicts: [], others: [], notChecked: [] }

/** The rules for one kind of event. */
interface EventRules<Rule> {
  match: Match<Rule>
  others: { rule: Rule; misfits: Misfit[] }[]
  notChecked: (rule: Rule, request: RunRequest) => string[]
}

function explainAlarm(explaining: Explaining, alarm: Alarm): Explanation {
  const { rules, nowMs } = explaining
  const explained = explainEvent<AlarmRule>(explaining, {
    match: matchAlarm(alarm, rules, nowMs),
    others: rules.rules.map((rule) => ({ rule, misfits: alarmMisfits(rule, alarm) })),
    notChecked: () => [...OF_ALARMS, LIMITS, COLLISION],
  })
  return { ...explained, read: { alarm }, subject: alarm.name }
}

function explainTicket(explaining: Explaining, ticket: Ticket): Explanation {
  const { rules, nowMs } = explaining
  const explained = explainEvent<TicketRule>(explaining, {
    match: matchTicket(ticket, rules, nowMs),
    others: rules.tickets.map((rule) => ({ rule, misfits: ticketMisfits(rule, ticket) })),
    notChecked: ({ approval }, { limits }) => [...(approval ? [APPROVAL] : []), ...(limits ? [LIMITS] : []), COLLISION],
  })
  return { ...explained, read: { ticket }, subject: ticket.key }
}

const OF_ALARMS = ['a run of ours that raised it', 'a run that has answered it']
const APPROVAL = 'the approval of the ticket'
const LIMITS = 'runs that use up the limits'
const COLLISION = 'other runs on the resource'

type Explained = Omit<Explanation, 'read' | 'subject'>

function explainEvent<Rule extends AlarmRule | TicketRule>(
  explaining: Explaining,
  { match, others, notChecked }: EventRules<Rule>,
): Explained {
  const explained = { ...NOTHING, rule: match.rule?.name, others: whyNot(others, match.rule) }
  if ('ignored' in match)
    return { ...explained, result: 'ignored', reason: match.rule ? match.ignored : 'no rule fits' }
  if ('refused' in match) return { ...explained, result: 'refused', reason: match.refused }
  const planned = plan(explaining, { request: match.request, late: match.late })
  return { ...explained, ...planned, notChecked: notChecked(match.rule, match.request) }
}

function whyNot<Rule extends { name: string }>(
  all: EventRules<Rule>['others'],
  decides: Rule | undefined,
): Explanation['others'] {
  return all
    .filter(({ rule }) => rule !== decides)
    .map(({ rule, misfits: [first] }) => ({ rule: rule.name, why: first?.why ?? AFTER }))
}

const AFTER = 'fits as well, and comes after the one that decides'

function explainRequest(explaining: Explaining, item: Extract<DeliveryItem, { request: unknown }>): Explanation {
  const { rules, regions, nowMs } = explaining
  const { request, occurredAt } = item
  const asked = rules.requests.map((rule) => ({
    rule,
    denial: denialOf(request, { rules: { requests: [rule] }, regions }),
  }))
  const decides = asked.find(({ denial }) => denial === undefined)?.rule
  const others = asked
    .filter(({ rule }) => rule !== decides)
    .map(({ rule, denial = AFTER }) => ({ rule: rule.name, why: denial }))
  const explained = { ...NOTHING, read: { request }, subject: request.source.id, rule: decides?.name, others }
  if (!decides) return { ...explained, result: 'refused', reason: denialOf(request, { rules, regions }) }
  const late = occurredAt && lateness(occurredAt, nowMs, decides.maxAgeMinutes ?? MAX_AGE_MINUTES.ticket)
  const limits = limitsOfPeople(decides)
  const planned = plan(explaining, { request: { ...request, limits }, late })
  return { ...explained, ...planned, notChecked: [...(limits ? [LIMITS] : []), COLLISION] }
}

function denialOf(
  request: RunRequest | BatchRequest,
  permitting: Parameters<typeof allowingRule>[1],
): string | undefined {
  try {
    allowingRule(request, permitting)
    return undefined
  } catch (error) {
    return senderErrorOf(error)
  }
}

/** @throws any other error */
function senderErrorOf(error: unknown): string {
  if (error instanceof NotAllowedError || error instanceof RequestError) return error.message
  throw error
}

type Planned = Pick<Explanation, 'result' | 'reason' | 'runs' | 'verdicts' | 'late'>

/** The runs of a request, unless a guard refuses them or the catalogue does. */
function plan(
  { regions, nowMs, minds }: Explaining,
  { request, late }: { request: RunRequest | BatchRequest; late: string | undefined },
): Planned {
  try {
    const { runs } = draft(request, regions, nowMs)
    const planned = runs.map(({ operation, resource, target, params, collision, limits }) => ({
      ...{ operation, resource, target, params, collision },
      limits: limits ? limitTexts(limits) : [],
    }))
    const age: EventVerdict = late === undefined ? FRESH : { guard: 'age', says: 'refuse', reason: late }
    const verdicts = minds.age ? [age] : []
    const refusal = verdicts.find(({ says }) => says === 'refuse')
    return {
      ...{ runs: planned, verdicts },
      ...(refusal ? { result: 'refused', reason: refusal.reason } : { result: 'run' }),
      ...(late !== undefined && !minds.age ? { late } : {}),
    }
  } catch (error) {
    return { runs: [], verdicts: [], result: 'refused', reason: senderErrorOf(error) }
  }
}

const FRESH: EventVerdict = { guard: 'age', says: 'allow', reason: 'it is new enough' }
