import { acceptAny, unlessAccepted, wasAccepted } from '../runs/accept/accept.ts'
import { checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { RunRequest } from '../runs/accept/draft.ts'
import { answeredText } from '../runs/answered-alarm.ts'
import type { Result } from '../runs/delivery.ts'
import type { Episode } from '../runs/episodes/episode.ts'
import { judge } from '../runs/guards/judge.ts'
import { DEFAULT_GUARDS } from '../runs/guards/settings.ts'
import { noteAsking } from '../runs/guards/storm.ts'
import { groupsOf, subjectOf } from '../runs/guards/subject.ts'
import { decisionOf } from '../runs/guards/verdict.ts'
import { usedUp } from '../runs/lease/limits.ts'
import { answerKey, notifyOnce, notifyUsedUp, usedUpText, warningsFor } from '../runs/lease/used-up.ts'
import type { Past, RecordPorts } from '../runs/ports.ts'
import { runId } from '../runs/run.ts'
import { plusMs } from '../runs/schedule.ts'
import type { Alarm } from '../sources/alarm.ts'
import type { ApprovalDenial, ReceiveContext } from '../sources/decide.ts'
import type { DeliveryItem } from '../sources/source.ts'
import type { Ticket } from '../sources/ticket.ts'
import { allowingRule, underPolicy } from './allow.ts'
import { limitsOfPeople } from './limits.ts'
import { eventKey, lateness, MAX_AGE_MINUTES, matchAlarm, matchTicket } from './match.ts'
import { matchUnderPolicy } from './match-under-policy.ts'
import { fieldsIn } from './references.ts'
import type { AlarmRule, Rules, TicketRule } from './rules.ts'
import { answeredBy, selfInflictedBy } from './self-inflicted.ts'
import { type Rejection, refuse, startMatched } from './start-run.ts'
import { episodeOf, joinedEpisode, noteResolvedAlarm } from './trouble.ts'
import { windowsOf } from './window-fields.ts'

/** Everything that a decision needs. */
export interface Deciding {
  ports: RecordPorts
  rules: Rules
  regions: DefaultRegions
}

/** Binds {@link decide} for the sources, which do not know the rules. */
export function decidingBy(deciding: Deciding): ReceiveContext {
  return { ports: deciding.ports, decide: (reading, approvalDenial) => decide(deciding, reading, approvalDenial) }
}

/**
 * Decides by the rules, and accepts a run where a rule asks for one. Repeating it is safe: the same event gives the same run.
 * People are notified of a run that a rule asks for and that cannot be.
 * @throws {RequestError | KeyReusedError | NotAllowedError} for the sender of a direct request
 */
export async function decide(deciding: Deciding, reading: DeliveryItem, approvalDenial = cannotAsk): Promise<Result> {
  if ('ignored' in reading) return reading
  if ('request' in reading) return decideRequest(deciding, reading)
  return 'alarm' in reading
    ? decideAlarm(deciding, reading.alarm)
    : decideTicket(deciding, reading.ticket, approvalDenial)
}

async function decideRequest(
  { ports, rules, regions }: Deciding,
  { request, occurredAt }: Extract<DeliveryItem, { request: unknown }>,
): Promise<Result> {
  const { name, id: subject } = request.source
  const allowed = await unlessAccepted(ports, { request, regions }, () => {
    const rule = allowingRule(request, { rules, regions })
    const asker = { kind: 'ticket', source: name, rule: rule.name } as const
    return { rule, request: underPolicy(request, asker, { rules, regions }) }
  })
  const rule = allowed?.rule
  const late = rule && occurredAt && lateness(occurredAt, ports.clock(), rule.maxAgeMinutes ?? MAX_AGE_MINUTES.ticket)
  if (late && !(await wasAccepted(ports, request, regions)))
    return refuse(ports, { source: name, key: subject, subject, rule: rule.name, reason: late })
  const { runs } = await acceptAny(
    ports,
    { ...(allowed?.request ?? request), limits: rule && limitsOfPeople(rule), ...(rule ? windowsOf(rule) : {}) },
    regions,
  )
  const warnings = (await Promise.all(runs.map((run) => warningsFor(ports, run)))).flatMap((one) => one.warnings ?? [])
  const warned = warnings.length > 0 ? { warnings } : {}
  return { subject, ...(rule ? { rule: rule.name } : {}), runs: runs.map(({ id }) => id), ...warned }
}

const cannotAsk: ApprovalDenial = async () => 'its approval cannot be read back from this source'

async function decideAlarm(deciding: Deciding, alarm: Alarm): Promise<Result> {
  const { ports, rules, regions } = deciding
  const id = runId(eventKey('alarm', alarm))
  const { match, denial } = matchUnderPolicy(matchAlarm(alarm, rules, ports.clock()), deciding)
  const resourceOf = (request: RunRequest): string => {
    const { operation, target } = checkRequest(request, regions)
    return operation.resource(target)
  }
  if ('resolved' in match && match.rule && match.resolved) {
    return noteResolvedAlarm(ports, { alarm, rule: match.rule, resource: resourceOf(match.resolved) }, match.ignored)
  }
  const findJoined = (request: RunRequest, rule: AlarmRule): Promise<Episode | undefined> =>
    joinedEpisode(ports, { alarm, rule, resource: resourceOf(request) }, request.idempotencyKey)
  const findRejection = async (request: RunRequest, rule: AlarmRule): Promise<Rejection | undefined> => {
    const resource = resourceOf(request)
    const own = await selfInflictedBy(ports, alarm, resource)
    if (own) return { ignored: `our own run ${own.id} (${own.operation}) raised it` }
    const joined = await findJoined(request, rule)
    if (joined) return { joined }
    if (denial !== undefined) return { refused: denial }
    const full = await usedUpRejection(ports, resource, request)
    if (full) return full
    const began = request.limits?.began
    const run = began && (await answeredBy(ports, began, resource))
    if (run) return answeredRejection(ports, resource, { run, settleMs: began.settleMs })
    return (await guardRejection(ports, request, resource)) ?? stormRejection(ports, { resource, runId: id })
  }
  return startMatched(deciding, {
    match,
    event: { source: alarm.source, key: alarm.dedupeKey, subject: alarm.name },
    id,
    findRejection,
    findJoined,
    begin: async (request, rule) => {
      const { operation, target } = checkRequest(request, regions)
      const trouble = { alarm, rule, resource: operation.resource(target) }
      return episodeOf(ports, trouble, { request: { ...request, target }, rules, regions })
    },
  })
}

/** A guard that refuses now would refuse the run: none is made. Of a rule or breaker that stopped people are told once. */
async function guardRejection(
  ports: RecordPorts,
  request: RunRequest,
  resource: string,
): Promise<Rejection | undefined> {
  const settings = ports.guards ?? DEFAULT_GUARDS
  const { source, windows, idempotencyKey } = request
  const run = { id: runId(idempotencyKey), operation: String(request.operation), resource, source, windows }
  const verdicts = await judge(ports, settings, subjectOf(run, settings))
  // A storm counts the alarm as well: it is asked last.
  const decision = decisionOf(verdicts.filter(({ guard }) => guard !== 'storm'))
  if (decision.says !== 'refuse') return undefined
  const { guard, reason } = decision.verdict
  return guard === 'window' ? { refused: reason } : { refused: reason, notify: async () => {} }
}

/** Counts the alarm that asks. People are told of a storm once, and not of each alarm that it stops. */
async function stormRejection(
  ports: RecordPorts,
  alarm: { resource: string; runId: string },
): Promise<Rejection | undefined> {
  const { groups } = ports.guards ?? DEFAULT_GUARDS
  const storm = await noteAsking(ports, { ...alarm, groups: groupsOf(alarm.resource, groups) })
  return storm && { refused: storm.reason, notify: async () => {} }
}

/** People are notified once for each run, however many alarms report what the run has answered. */
function answeredRejection(
  ports: RecordPorts,
  resource: string,
  { run, settleMs }: { run: Past; settleMs: number },
): Rejection {
  const reason = answeredText(run, settleMs)
  const notice = { key: answerKey(run.id), reason, opensAt: plusMs(run.endedAt ?? '', settleMs) }
  return { refused: reason, notify: (notifyOfEvent) => notifyOnce(ports, { of: resource, ...notice }, notifyOfEvent) }
}

async function usedUpRejection(
  ports: RecordPorts,
  resource: string,
  { limits, budgets }: RunRequest,
): Promise<Rejection | undefined> {
  const full = await usedUp(ports, resource, { limits, budget: budgets?.[resource] })
  return full && { refused: usedUpText(full), notify: () => notifyUsedUp(ports, full) }
}

async function decideTicket(deciding: Deciding, ticket: Ticket, approvalDenial: ApprovalDenial): Promise<Result> {
  const { ports, rules } = deciding
  const { match, denial } = matchUnderPolicy(matchTicket(ticket, rules, ports.clock()), deciding)
  const findRejection = async (request: RunRequest, rule: TicketRule): Promise<Rejection | undefined> => {
    if (denial !== undefined) return { refused: denial }
    const paths = [...fieldsIn(rule.target), ...Object.keys(rule.when.fields ?? {})]
    const fresh = { nowMs: ports.clock(), maxAgeMinutes: rule.maxAgeMinutes ?? MAX_AGE_MINUTES.ticket }
    const unapproved = rule.approval === 'required' ? await approvalDenial(ticket, paths, fresh) : undefined
    if (unapproved !== undefined) return { refused: unapproved }
    const { operation, target } = checkRequest(request, deciding.regions)
    return usedUpRejection(ports, operation.resource(target), request)
  }
  const isCounted = 'request' in match && (match.request.limits ?? match.request.budgets) !== undefined
  const isUnguarded = match.rule?.approval === undefined && denial === undefined && !isCounted
  return startMatched(deciding, {
    match,
    event: { source: ticket.source, key: ticket.dedupeKey, subject: ticket.key },
    id: runId(eventKey('ticket', ticket)),
    ...(isUnguarded ? {} : { findRejection }),
  })
}
