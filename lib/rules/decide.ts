import { accept, acceptAny, unlessAccepted, wasAccepted } from '../runs/accept/accept.ts'
import { checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { RunRequest } from '../runs/accept/draft.ts'
import { KeyReusedError, RequestError } from '../runs/accept/request-error.ts'
import type { RefusedRequest, Result } from '../runs/delivery.ts'
import { answeredText } from '../runs/lease/answered-alarm.ts'
import { usedUp } from '../runs/lease/limits.ts'
import { answerKey, notifyOnce, notifyUsedUp, usedUpText, warningsFor } from '../runs/lease/used-up.ts'
import type { Past, RecordPorts } from '../runs/ports.ts'
import { runId } from '../runs/run.ts'
import { plusMs } from '../runs/schedule.ts'
import type { Alarm } from '../sources/alarm.ts'
import type { ApprovalDenial, EventReceiving } from '../sources/decide.ts'
import type { Reading } from '../sources/source.ts'
import type { Ticket } from '../sources/ticket.ts'
import { allowingRule } from './allow.ts'
import { limitsOfPeople } from './limits.ts'
import { eventKey, lateness, MAX_AGE_MINUTES, type Match, matchAlarm, matchTicket } from './match.ts'
import { fieldsIn } from './references.ts'
import type { AlarmRule, Rules, TicketRule } from './rules.ts'
import { answeredBy, selfInflictedBy } from './self-inflicted.ts'

/** What decisions are made with. */
export interface Deciding {
  ports: RecordPorts
  rules: Rules
  regions: DefaultRegions
}

/** Binds {@link decide} for the sources, which do not know the rules. */
export function decidingBy(deciding: Deciding): EventReceiving {
  return { ports: deciding.ports, decide: (reading, approvalDenial) => decide(deciding, reading, approvalDenial) }
}

/**
 * Decides by the rules, and accepts a run where they want one. It may be repeated: the same event is the same run. People
 * hear of a run that a rule wants and that cannot be.
 * @throws {RequestError | KeyReusedError | NotAllowedError} of a request in our own words, for its sender
 */
export async function decide(deciding: Deciding, reading: Reading, approvalDenial = cannotAsk): Promise<Result> {
  if ('ignored' in reading) return reading
  if ('request' in reading) return decideRequest(deciding, reading)
  return 'alarm' in reading
    ? decideAlarm(deciding, reading.alarm)
    : decideTicket(deciding, reading.ticket, approvalDenial)
}

async function decideRequest(
  { ports, rules, regions }: Deciding,
  { request, occurredAt }: Extract<Reading, { request: unknown }>,
): Promise<Result> {
  const { name, id: subject } = request.source
  const rule = await unlessAccepted(ports, { request, regions }, () => allowingRule(request, rules, regions))
  const late = rule && occurredAt && lateness(occurredAt, ports.clock(), rule.maxAgeMinutes ?? MAX_AGE_MINUTES.ticket)
  if (late && !(await wasAccepted(ports, request, regions)))
    return refuse(ports, { source: name, key: subject, subject: subject }, rule, late)
  const { runs } = await acceptAny(ports, { ...request, limits: rule && limitsOfPeople(rule) }, regions)
  const warnings = (await Promise.all(runs.map((run) => warningsFor(ports, run)))).flatMap((one) => one.warnings ?? [])
  const warned = warnings.length > 0 ? { warnings } : {}
  return { subject: subject, ...(rule ? { rule: rule.name } : {}), runs: runs.map(({ id }) => id), ...warned }
}

const cannotAsk: ApprovalDenial = async () => 'its approval cannot be read back from this source'

async function decideAlarm(deciding: Deciding, alarm: Alarm): Promise<Result> {
  const { ports, rules, regions } = deciding
  const match = matchAlarm(alarm, rules, ports.clock())
  const thing = { source: alarm.source, key: alarm.dedupeKey, subject: alarm.name }
  const veto = async (request: RunRequest): Promise<Veto | undefined> => {
    const { operation, target } = checkRequest(request, regions)
    const resource = operation.resource(target)
    const own = await selfInflictedBy(ports, alarm, resource)
    if (own) return { ignored: `our own run ${own.id} (${own.operation}) raised it` }
    const full = await usedUpFor(ports, resource, request)
    if (full) return full
    const began = request.limits?.began
    const run = began && (await answeredBy(ports, began, resource))
    return run && answered(ports, resource, run, began.settleMs)
  }
  return settle(deciding, match, thing, runId(eventKey('alarm', alarm)), veto)
}

/** Told once for each run, however many alarms tell of what it has answered. */
function answered(ports: RecordPorts, resource: string, run: Past, settleMs: number): Veto {
  const reason = answeredText(run, settleMs)
  const notice = { key: answerKey(run.id), reason, opensAt: plusMs(run.endedAt ?? '', settleMs) }
  return { refused: reason, tell: (refuse) => notifyOnce(ports, { of: resource, ...notice }, refuse) }
}

async function usedUpFor(ports: RecordPorts, resource: string, { limits }: RunRequest): Promise<Veto | undefined> {
  const full = limits && (await usedUp(ports, resource, limits))
  return full && { refused: usedUpText(full), tell: () => notifyUsedUp(ports, full) }
}

async function decideTicket(deciding: Deciding, ticket: Ticket, approvalDenial: ApprovalDenial): Promise<Result> {
  const { ports, rules } = deciding
  const match = matchTicket(ticket, rules, ports.clock())
  const thing = { source: ticket.source, key: ticket.dedupeKey, subject: ticket.key }
  const veto = async (request: RunRequest, rule: TicketRule): Promise<Veto | undefined> => {
    const paths = [...fieldsIn(rule.target), ...Object.keys(rule.when.fields ?? {})]
    const fresh = { nowMs: ports.clock(), maxAgeMinutes: rule.maxAgeMinutes ?? MAX_AGE_MINUTES.ticket }
    const against = rule.approval === 'required' ? await approvalDenial(ticket, paths, fresh) : undefined
    if (against !== undefined) return { refused: against }
    const { operation, target } = checkRequest(request, deciding.regions)
    return usedUpFor(ports, operation.resource(target), request)
  }
  const isPlain = match.rule?.approval === undefined && !('request' in match && match.request.limits)
  return settle(deciding, match, thing, runId(eventKey('ticket', ticket)), isPlain ? undefined : veto)
}

type Veto =
  | { ignored: string }
  /** `tell`: how people hear of it, where that is not of this alone. */
  | { refused: string; tell?: (refuse: () => Promise<void>) => Promise<void> }

type Thing = Pick<RefusedRequest, 'source' | 'key' | 'subject'>

/**
 * @param id of the run that it is, or would be
 * @param veto asked of a new wish only: of one that was accepted before, this is a repeat
 */
async function settle<Rule extends AlarmRule | TicketRule>(
  { ports, regions }: Deciding,
  match: Match<Rule>,
  thing: Thing,
  id: string,
  veto: ((request: RunRequest, rule: Rule) => Promise<Veto | undefined>) | undefined,
): Promise<Result> {
  const { subject } = thing
  const named = match.rule ? { subject, rule: match.rule.name } : { subject }
  const isRepeat: Result = { ...named, runs: [id] }
  // What the rules say by now does not undo a run. (Where nothing speaks against a new one, accepting it finds it.)
  const isPlain = 'request' in match && !match.late && !veto
  if (!isPlain && (await ports.store.get(id))) return isRepeat
  if ('ignored' in match) return { ...named, ignored: match.ignored }
  if ('refused' in match) return refuse(ports, thing, match.rule, match.refused)
  const { request, rule, late } = match
  if (late) return refuse(ports, thing, rule, late)
  const askedAtMs = ports.clock()
  try {
    const against = await veto?.(request, rule)
    if (against) {
      if ('ignored' in against) return { ...named, ...against }
      // Another delivery of it may have been faster, and decided otherwise: one thing has one answer.
      if (await ports.store.get(id)) return isRepeat
      const tellOfThis = async (): Promise<void> => void (await refuse(ports, thing, rule, against.refused))
      await (against.tell ?? ((tell) => tell()))(tellOfThis)
      return { ...named, refused: against.refused }
    }
    const { run } = await accept(ports, { ...request, checkedAtMs: askedAtMs }, regions)
    return { ...named, runs: [run.id], ...(await warningsFor(ports, run)) }
  } catch (error) {
    // The same, under other rules, was faster.
    if (error instanceof KeyReusedError) return isRepeat
    // A target that is spelt wrong does not get better by another delivery.
    if (error instanceof RequestError) return refuse(ports, thing, rule, error.message)
    throw error
  }
}

async function refuse(ports: RecordPorts, thing: Thing, rule: { name: string }, reason: string): Promise<Result> {
  const at = new Date(ports.clock()).toISOString()
  await ports.publisher.requestRefused({ ...thing, rule: rule.name, reason, at })
  return { subject: thing.subject, rule: rule.name, refused: reason }
}
