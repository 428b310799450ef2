import { accept, acceptAny, unlessAccepted, wasAccepted } from '../runs/accept/accept.ts'
import { checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { RunRequest } from '../runs/accept/draft.ts'
import { answeredText } from '../runs/answered-alarm.ts'
import type { RefusedRequest, Result } from '../runs/delivery.ts'
import type { Episode } from '../runs/episodes/episode.ts'
import { noteBegun, noteImpossible } from '../runs/episodes/episodes.ts'
import { DEFAULT_GUARDS } from '../runs/guards/settings.ts'
import { noteAsking } from '../runs/guards/storm.ts'
import { groupsOf } from '../runs/guards/subject.ts'
import { usedUp } from '../runs/lease/limits.ts'
import { answerKey, notifyOnce, notifyUsedUp, usedUpText, warningsFor } from '../runs/lease/used-up.ts'
import type { Past, RecordPorts } from '../runs/ports.ts'
import { KeyReusedError, RequestError } from '../runs/request-error.ts'
import { type Run, runId } from '../runs/run.ts'
import { plusMs } from '../runs/schedule.ts'
import type { Alarm } from '../sources/alarm.ts'
import type { ApprovalDenial, ReceiveContext } from '../sources/decide.ts'
import type { DeliveryItem } from '../sources/source.ts'
import type { Ticket } from '../sources/ticket.ts'
import { allowingRule, underPolicy } from './allow.ts'
import { limitsOfPeople } from './limits.ts'
import { eventKey, lateness, MAX_AGE_MINUTES, type Match, matchAlarm, matchTicket } from './match.ts'
import { matchUnderPolicy } from './match-under-policy.ts'
import { fieldsIn } from './references.ts'
import type { AlarmRule, Rules, TicketRule } from './rules.ts'
import { answeredBy, selfInflictedBy } from './self-inflicted.ts'
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
    return stormRejection(ports, resource)
  }
  return decideEvent(deciding, {
    match,
    event: { source: alarm.source, key: alarm.dedupeKey, subject: alarm.name },
    id: runId(eventKey('alarm', alarm)),
    findRejection,
    findJoined,
    begin: async (request, rule) => {
      const { operation, target } = checkRequest(request, regions)
      const trouble = { alarm, rule, resource: operation.resource(target) }
      return episodeOf(ports, trouble, { request: { ...request, target }, rules })
    },
  })
}

/** Counts the alarm that asks. People are told of a storm once, and not of each alarm that it stops. */
async function stormRejection(ports: RecordPorts, resource: string): Promise<Rejection | undefined> {
  const { groups } = ports.guards ?? DEFAULT_GUARDS
  const storm = await noteAsking(ports, { resource, groups: groupsOf(resource, groups) })
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
  return decideEvent(deciding, {
    match,
    event: { source: ticket.source, key: ticket.dedupeKey, subject: ticket.key },
    id: runId(eventKey('ticket', ticket)),
    ...(isUnguarded ? {} : { findRejection }),
  })
}

/** Why an event starts no run. `notify` is absent where people are notified of this event alone. */
type Rejection =
  | { ignored: string }
  /** Its trouble has an episode, which goes on. */
  | { joined: Episode }
  | { refused: string; notify?: (notifyOfEvent: () => Promise<void>) => Promise<void> }

interface MatchedEvent<Rule> {
  match: Match<Rule>
  event: Pick<RefusedRequest, 'source' | 'key' | 'subject'>
  /** The id of the run that the event starts, or has started. */
  id: string
  /** Absent where nothing but the match can reject the event. */
  findRejection?: (request: RunRequest, rule: Rule) => Promise<Rejection | undefined>
  /** The open episode of its trouble, where that decides what is done. */
  findJoined?: (request: RunRequest, rule: Rule) => Promise<Episode | undefined>
  /** Begins the episode that the run belongs to, if any. */
  begin?: (request: RunRequest, rule: Rule) => Promise<Episode | undefined>
}

async function decideEvent<Rule extends AlarmRule | TicketRule>(
  deciding: Deciding,
  matched: MatchedEvent<Rule>,
): Promise<Result> {
  const { ports } = deciding
  const { match, event, id, findRejection } = matched
  const { subject } = event
  const named = match.rule ? { subject, rule: match.rule.name } : { subject }
  // The rules of today do not undo a run. Where nothing can reject a new event, accepting it finds the earlier run.
  const isCheckedByAccept = 'request' in match && !match.late && !findRejection
  const known = isCheckedByAccept ? undefined : await ports.store.get(id)
  if (known) return { ...named, ...repeatOf(id, known) }
  if ('ignored' in match) return { ...named, ignored: match.ignored }
  const refuseEvent = (reason: string): Promise<Result> => refuse(ports, { ...event, rule: match.rule.name, reason })
  if ('refused' in match) return refuseEvent(match.refused)
  if (match.late) return refuseEvent(match.late)
  return { ...named, ...(await start(deciding, matched, { ...match, refuseEvent })) }
}

function repeatOf(id: string, run: Run | undefined): Partial<Result> {
  return { runs: [id], ...(run?.episodeId === undefined ? {} : { episode: run.episodeId }) }
}

interface Starting<Rule> {
  request: RunRequest
  rule: Rule
  refuseEvent: (reason: string) => Promise<Result>
}

/** Starts the run of an event, unless something rejects it. */
async function start<Rule>(
  { ports, regions }: Deciding,
  { id, findRejection, findJoined, begin }: MatchedEvent<Rule>,
  { request, rule, refuseEvent }: Starting<Rule>,
): Promise<Partial<Result>> {
  const askedAtMs = ports.clock()
  let episode: Episode | undefined
  try {
    const rejection = await findRejection?.(request, rule)
    if (rejection && 'ignored' in rejection) return rejection
    if (rejection && 'joined' in rejection) return joinedResult(rejection.joined)
    if (rejection) {
      // Another delivery of the event may have been faster and decided otherwise: one event has one answer.
      const faster = await ports.store.get(id)
      if (faster) return repeatOf(id, faster)
      const notifyOfEvent = async (): Promise<void> => void (await refuseEvent(rejection.refused))
      await (rejection.notify ?? ((notify) => notify()))(notifyOfEvent)
      return { refused: rejection.refused }
    }
    episode = await begin?.(request, rule)
    // Another alarm of the trouble was faster.
    const joined = episode ? undefined : await findJoined?.(request, rule)
    if (joined) return joinedResult(joined)
    const ofEpisode = episode ? { episodeId: episode.id } : {}
    const { run } = await accept(ports, { ...request, ...ofEpisode, checkedAtMs: askedAtMs }, regions)
    if (episode) await noteBegun(ports, episode, run)
    return { ...repeatOf(run.id, run), ...(await warningsFor(ports, run)) }
  } catch (error) {
    // Another delivery of the event, under other rules, was faster.
    if (error instanceof KeyReusedError) return repeatOf(id, await ports.store.get(id))
    // A misspelt target stays misspelt in every delivery.
    if (!(error instanceof RequestError)) throw error
    if (episode) await noteImpossible(ports, episode, error.message)
    return refuseEvent(error.message)
  }
}

function joinedResult({ id, phase, rungs }: Episode): Partial<Result> {
  const runs = rungs.flatMap(({ runId }) => runId ?? [])
  return { ...(runs.length > 0 ? { runs } : { ignored: `its episode is ${phase}` }), episode: id }
}

/** Notifies people that a rule asked for a run that cannot be. */
async function refuse(ports: RecordPorts, refusal: Omit<RefusedRequest, 'at'> & { rule: string }): Promise<Result> {
  const { subject, rule, reason } = refusal
  await ports.publisher.requestRefused({ ...refusal, at: new Date(ports.clock()).toISOString() })
  return { subject, rule, refused: reason }
}
