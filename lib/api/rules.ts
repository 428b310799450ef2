import * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import { inParallel, throwFailures } from '../basics/parallel.ts'
import { Reason } from '../runs/accept/request-body.ts'
import { breakerState } from '../runs/guards/breaker.ts'
import { arm, FIGURE_DAYS, isDisarmed, keptVerdicts } from '../runs/guards/disarm.ts'
import { readGuard } from '../runs/guards/guard-record.ts'
import { HELP, type Help, type Recorded, type RuleRecord, recordOf } from '../runs/guards/rule-record.ts'
import { breakerOf, DEFAULT_GUARDS, type GuardSettings, guardsOfRule } from '../runs/guards/settings.ts'
import { withoutLostTrial } from '../runs/guards/trial.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { RequestError } from '../runs/request-error.ts'
import { CATALOGUE } from '../services/catalogue.ts'
import { callerOf } from './caller.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { readJson } from './http/read-json.ts'
import { NoQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** Rules for alarms: whether they act, and whether they help. */

export const BreakerView = z
  .object({
    state: z.enum(['closed', 'open', 'half-open']).describe('`half-open`: one run is tried'),
    failed: z.int().describe('How many of the newest runs failed'),
    of: z.int().describe('How many runs it looks back'),
    opensAt: z.int().describe('So many failures among them open it'),
    until: z.iso.datetime().optional().describe('How long it is open at least'),
    failedRunIds: z.array(z.string()).describe('Ids of the runs that failed, newest last'),
    trialRunId: z.string().optional().describe('Id of the run that is tried'),
  })
  .describe('Whether runs of alarms fail so often that no more are sent')

export const RuleView = z.object({
  name: z.string().describe('Name of the rule'),
  isArmed: z.boolean().describe('False where it did not help so often that it disarmed itself'),
  disarmedAt: z.iso.datetime().optional().describe('When it disarmed itself'),
  disarmReason: z.string().optional().describe('Why'),
  rearmAt: z.iso.datetime().optional().describe('When it is armed again, if nobody arms it before'),
  breaker: BreakerView.optional().describe('Absent where it is off'),
  helped: z
    .object({
      text: z.string().describe('E.g. `helped 3 of 11 in 30 days`'),
      helped: z.int().describe('Episodes that ended with the signal resolved'),
      didNotHelp: z.int().describe('Episodes whose signal went on'),
      cannotTell: z.int().describe('Episodes of which nobody knows'),
    })
    .describe('How often it helped in the last 30 days'),
  lastVerdicts: z
    .array(
      z.object({
        episodeId: z.string().describe('Id of the episode'),
        verdict: z.enum(HELP).describe('Whether its runs helped, by the signal'),
        at: z.iso.datetime().describe('When that was known'),
      }),
    )
    .describe('The last ten verdicts, newest first'),
})

export const RuleList = z.object({
  rules: z.array(RuleView).describe('The rules for alarms, in the order of the file'),
  operations: z
    .array(z.object({ operation: z.string().describe('Name of the operation'), breaker: BreakerView }))
    .describe('The operations whose breaker is not closed'),
})

/** The body of a request that arms a rule. */
export const ArmBody = z.strictObject({ reason: Reason.min(1).describe('Why it may act again') })

/** Records that are read at once. */
const AT_ONCE = 25

/** `GET /rules`. */
export async function listRules(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  readQuery(NoQuery, event.queryStringParameters)
  const settings = settingsOf(ports)
  const rules = await inParallel(Object.keys(settings.rules), (name) => ruleView(ports, name), { atOnce: AT_ONCE })
  const operations = await inParallel([...CATALOGUE.keys()], (name) => operationView(ports, name), { atOnce: AT_ONCE })
  throwFailures([...rules.failures, ...operations.failures])
  return jsonResult(200, {
    rules: rules.values,
    operations: operations.values.filter(({ breaker }) => breaker && breaker.state !== 'closed'),
  })
}

/** `POST /rules/{name}/arm`. */
export async function armRule(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const parsed = ArmBody.safeParse(await readJson(event, '{reason}'))
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { name = '' } = event.pathParameters ?? {}
  if (!Object.hasOwn(settingsOf(ports).rules, name)) throw notFound('rule for alarms', name)
  const { reason } = parsed.data
  const by = callerOf(event)
  await arm(ports, name, { by, reason })
  ports.log('warn', 'rule armed', { rule: name, by, reason })
  return jsonResult(200, await ruleView(ports, name))
}

function settingsOf({ guards = DEFAULT_GUARDS }: RecordPorts): GuardSettings {
  return guards
}

const MAX_SHOWN = 10

async function ruleView(ports: RecordPorts, name: string): Promise<z.infer<typeof RuleView>> {
  const nowMs = ports.clock()
  const { record, breaker } = await recordWithBreaker(ports, `rule/${name}`)
  const verdicts = keptVerdicts(record.verdicts, nowMs)
  const count = (help: Help): number => verdicts.filter(({ verdict }) => verdict === help).length
  const helped = count('helped')
  const isArmed = guardsOfRule(settingsOf(ports), name).disarm === 'off' || !isDisarmed(record, nowMs)
  const { disarmedAt, disarmReason, rearmAt } = record
  return {
    ...{ name, isArmed },
    ...(isArmed ? {} : { disarmedAt, disarmReason, rearmAt }),
    ...(breaker ? { breaker } : {}),
    helped: {
      text: `helped ${helped} of ${verdicts.length} in ${FIGURE_DAYS} days`,
      ...{ helped, didNotHelp: count('did-not-help'), cannotTell: count('cannot-tell') },
    },
    lastVerdicts: verdicts
      .slice(-MAX_SHOWN)
      .reverse()
      .map(({ episodeId, verdict, at }) => ({ episodeId, verdict, at })),
  }
}

async function operationView(ports: RecordPorts, operation: string) {
  const { breaker } = await recordWithBreaker(ports, `operation/${operation}`)
  return { operation, breaker }
}

/** A record, and its breaker unless that is off. */
async function recordWithBreaker(
  ports: RecordPorts,
  of: Recorded,
): Promise<{ record: RuleRecord; breaker?: z.infer<typeof BreakerView> }> {
  const record = await withoutLostTrial(ports, await readGuard(ports, recordOf(of)))
  const breaker = breakerOf(settingsOf(ports), of)
  if (breaker === 'off') return { record }
  const { is, failed, until } = breakerState(record, breaker, ports.clock())
  const view = {
    ...{ state: is, failed: failed.length, of: breaker.of, opensAt: breaker.failed },
    ...(until ? { until } : {}),
    failedRunIds: failed.map(({ runId }) => runId),
    ...(record.trial ? { trialRunId: record.trial.runId } : {}),
  }
  return { record, breaker: view }
}
