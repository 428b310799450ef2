import type { Alarm } from '../intake/alarm.ts'
import type { Reading } from '../intake/source.ts'
import type { Ticket } from '../intake/ticket.ts'
import { accept, acceptAny, type RunRequest } from '../runs/accept.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { Refusal, Result } from '../runs/received.ts'
import { KeyReusedError, RequestError } from '../runs/request-error.ts'
import { runId } from '../runs/run.ts'
import { checkWish, type DefaultRegions } from '../runs/wish.ts'
import { allowingRule } from './allow.ts'
import { echoedRun } from './echo.ts'
import { type Match, matchAlarm, matchTicket } from './match.ts'
import { fieldsIn } from './places.ts'
import type { AlarmRule, Rules, TicketRule } from './rules.ts'

/** What decisions are made with. */
export interface Deciding {
  ports: RecordPorts
  rules: Rules
  regions: DefaultRegions
}

/** Asks the ticket system whether a ticket was approved. @param paths the fields that the rule reads @returns why not */
export type Objection = (ticket: Ticket, paths: string[]) => Promise<string | undefined>

/**
 * What becomes of one thing that came in: the rules decide, and what they want is accepted as a run. It may be decided again
 * and again: the same thing is the same run. Where a rule wants a run and it cannot be, people are told.
 * @throws {RequestError | KeyReusedError | NotAllowedError} of a wish in our own words, whose sender hears it
 */
export async function decide(deciding: Deciding, reading: Reading, objection?: Objection): Promise<Result> {
  if ('ignored' in reading) return reading
  if ('request' in reading) {
    const rule = allowingRule(reading.request, deciding.rules, deciding.regions)
    const { runs } = await acceptAny(deciding.ports, reading.request, deciding.regions)
    return { about: reading.request.source.id, rule: rule.name, runs: runs.map(({ id }) => id) }
  }
  return 'alarm' in reading
    ? decideAlarm(deciding, reading.alarm)
    : decideTicket(deciding, reading.ticket, objection ?? cannotAsk)
}

const cannotAsk: Objection = async () => 'its approval cannot be read back from this source'

async function decideAlarm(deciding: Deciding, alarm: Alarm): Promise<Result> {
  const { ports, rules, regions } = deciding
  const match = matchAlarm(alarm, rules, ports.clock())
  return settle(deciding, match, { source: alarm.source, key: alarm.dedupeKey, about: alarm.name }, async (request) => {
    const { operation, target } = checkWish(request, regions)
    const run = await echoedRun(ports, alarm, operation.resource(target))
    return run && { ignored: `our own run ${run.id} (${run.operation}) raised it` }
  })
}

async function decideTicket(deciding: Deciding, ticket: Ticket, objection: Objection): Promise<Result> {
  const { ports, rules } = deciding
  const match = matchTicket(ticket, rules, ports.clock())
  return settle(
    deciding,
    match,
    { source: ticket.source, key: ticket.dedupeKey, about: ticket.key },
    async (_, rule) => {
      if (rule.approval !== 'required') return undefined
      const paths = [...fieldsIn(rule.target), ...Object.keys(rule.when.fields ?? {})]
      const against = await objection(ticket, paths)
      return against === undefined ? undefined : { refused: against }
    },
  )
}

type Veto = { ignored: string } | { refused: string }

/** @param veto asked of a new wish only: of one that was accepted before, this is a repeat */
async function settle<Rule extends AlarmRule | TicketRule>(
  { ports, regions }: Deciding,
  match: Match<Rule>,
  thing: Pick<Refusal, 'source' | 'key' | 'about'>,
  veto: (request: RunRequest, rule: Rule) => Promise<Veto | undefined>,
): Promise<Result> {
  const { about } = thing
  const named = match.rule ? { about, rule: match.rule.name } : { about }
  if ('ignored' in match) return { ...named, ignored: match.ignored }
  const refuse = async (reason: string): Promise<Result> => {
    const at = new Date(ports.clock()).toISOString()
    await ports.publisher.wishRefused({ ...thing, rule: match.rule.name, reason, at })
    return { ...named, refused: reason }
  }
  if ('refused' in match) return refuse(match.refused)
  const { request, rule, late } = match
  const known = await ports.store.get(runId(request.idempotencyKey))
  if (known) return { ...named, runs: [known.id] }
  if (late) return refuse(late)
  try {
    const against = await veto(request, rule)
    if (against) return 'refused' in against ? refuse(against.refused) : { ...named, ...against }
    const { run } = await accept(ports, request, regions)
    return { ...named, runs: [run.id] }
  } catch (error) {
    // A target that is spelt wrong does not get better by another delivery.
    if (error instanceof RequestError || error instanceof KeyReusedError) return refuse(error.message)
    throw error
  }
}
