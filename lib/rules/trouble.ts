import { checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { RunRequest } from '../runs/accept/draft.ts'
import type { Result } from '../runs/delivery.ts'
import type { Episode, Rung } from '../runs/episodes/episode.ts'
import { beginEpisode, noteFiring, noteResolved, openEpisode } from '../runs/episodes/episodes.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { Alarm } from '../sources/alarm.ts'
import { needsApproval, rungsOf } from './ladder.ts'
import { budgetOf, decidePolicy } from './policy.ts'
import type { AlarmRule, Rules } from './rules.ts'

/** What an alarm means for the episode of its trouble. */

interface Trouble {
  alarm: Alarm
  rule: AlarmRule
  resource: string
}

/** An alarm is resolved: the open episode is told. */
export async function noteResolvedAlarm(
  ports: RecordPorts,
  { alarm, rule, resource }: Trouble,
  ignored: string,
): Promise<Result> {
  const named = { subject: alarm.name, rule: rule.name }
  const episode = await openEpisode(ports, { rule: rule.name, resource })
  if (!episode) return { ...named, ignored }
  const { id, phase } = await noteResolved(ports, episode, alarm)
  return { ...named, ignored: `it is resolved: noted in ${id}, which is ${phase}`, episode: id }
}

/**
 * An alarm of a trouble whose episode is open. While a ladder goes on, it decides what is done and when; a rule of one step asks
 * again, within its limits.
 */
export async function joinedEpisode(
  ports: RecordPorts,
  { alarm, rule, resource }: Trouble,
  key: string,
): Promise<Episode | undefined> {
  const open = await openEpisode(ports, { rule: rule.name, resource })
  if (!open || open.key === key) return undefined
  const { occurredAt } = alarm
  const episode = await noteFiring(ports, open, { key, occurredAt })
  const isLadder = rule.ladder !== undefined
  return isLadder && (episode.phase !== 'exhausted' || isSameTrouble(episode, occurredAt)) ? episode : undefined
}

/** After all was tried, an alarm that began in the time of the last rung tells of nothing new. */
function isSameTrouble({ rungs, current }: Episode, occurredAt: string): boolean {
  const rung = rungs[current]
  return Date.parse(occurredAt) <= Date.parse(rung?.endedAt ?? '') + (rung?.settleMs ?? 0)
}

/** Begins the episode of an alarm's trouble. @returns undefined where another goes on */
export async function episodeOf(
  ports: RecordPorts,
  { alarm, rule, resource }: Trouble,
  {
    request,
    rules,
    regions,
  }: { request: RunRequest; rules: Pick<Rules, 'defaults' | 'policy'>; regions: DefaultRegions },
): Promise<Episode | undefined> {
  const { source, limits, windows, collision, notAfter, idempotencyKey: key, target } = request
  return beginEpisode(ports, {
    ...{ rule: rule.name, resource, source, alarm: alarm.name, key, collision },
    target: target as Record<string, unknown>, // of a rule
    rungs: rungsOf(rule, rules.defaults).map((rung) => ({
      ...{ operation: rung.run, settleMs: rung.settle },
      ...(rung.params ? { params: rung.params } : {}),
      ...(needsApproval(rung) ? { needsApproval: true } : {}),
      ...policyOf({ ...request, operation: rung.run, params: rung.params }, rule, { rules, regions }),
    })),
    tellsResolved: rule.tellsResolved ?? true,
    withdraws: rule.onResolved !== 'keep',
    ...(limits ? { limits } : {}),
    ...(windows ? { windows } : {}),
    ...(notAfter === undefined ? {} : { notAfter }),
    firingAt: alarm.occurredAt,
  })
}

/** What the policy of today says of one step. A step that it does not allow ends the ladder with people. */
function policyOf(
  request: RunRequest,
  rule: AlarmRule,
  { rules: { policy }, regions }: { rules: Pick<Rules, 'policy'>; regions: DefaultRegions },
): Pick<Rung, 'denial' | 'budget'> {
  if (!policy) return {}
  const { kind, name: source } = request.source
  const asker = { kind, source, rule: rule.name }
  const { verdict, entry } = decidePolicy(policy, asker, checkRequest(request, regions))
  if (verdict.says === 'refuse') return { denial: verdict.reason }
  const budget = entry && budgetOf(entry, asker)
  return budget ? { budget } : {}
}
