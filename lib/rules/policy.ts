import { roleOf } from '../basics/role-of.ts'
import { sha256 } from '../basics/sha256.ts'
import { DEFAULT_ACCOUNT } from '../cloud/accounts.ts'
import type { CheckedRequest } from '../runs/accept/check-request.ts'
import { durationText } from '../runs/lease/limits.ts'
import type { Source } from '../runs/run.ts'
import type { Budget } from '../runs/tally.ts'
import { likeAny } from './pattern.ts'
import { requestText } from './request-text.ts'
import type { PolicyEntry, Rules } from './rules.ts'

/**
 * Who may do what, over all rules. The first entry that fits decides, as in a firewall; what no entry fits is refused. An entry
 * that allows fits what deletes data only if it says so.
 */

/** Who asks. */
export interface Asker {
  kind: Source['kind']
  /** The name of the source. */
  source: string
  /** The rule that asks, or that lets its sender ask. */
  rule?: string | undefined
  /** By HTTP: the authenticated identity. */
  caller?: string | undefined
}

/** The answer of the policy, among those of the other guards. */
export interface PolicyVerdict {
  guard: 'policy'
  says: 'allow' | 'refuse'
  /** Names the entry and its line. */
  reason: string
  /** The budget, e.g. `at most 20 per 24h`. */
  figures?: string
}

export interface PolicyDecision {
  verdict: PolicyVerdict
  /** The entry that decides; absent where none fits, and without a policy. */
  entry?: PolicyEntry
}

/** The decision on one request. Without a policy, everything is allowed: the rules decide alone. */
export function decidePolicy(policy: Rules['policy'], asker: Asker, asked: CheckedRequest): PolicyDecision {
  if (!policy) return { verdict: { guard: 'policy', says: 'allow', reason: 'there is no policy' } }
  const entry = policy.find((one) => fits(one, asker, asked))
  if (!entry) return { verdict: refusal(noEntryText(policy, asker, asked)) }
  const request = askText(asker, asked)
  if (!entry.allow) {
    const reason = entry.reason === undefined ? '' : `: ${entry.reason}`
    return { entry, verdict: refusal(`policy of ${placeOf(entry)} does not allow ${request}${reason}`) }
  }
  const figures = entry.budget && { figures: `at most ${entry.budget.map(budgetText).join(', ')}` }
  return {
    entry,
    verdict: { guard: 'policy', says: 'allow', reason: `policy of ${placeOf(entry)} allows it`, ...figures },
  }
}

/** Whether this asker may override the windows for this request. Without a policy nobody may. */
export function mayOverride(policy: Rules['policy'], asker: Asker, asked: CheckedRequest): PolicyVerdict {
  const { verdict, entry } = decidePolicy(policy, asker, asked)
  if (verdict.says === 'refuse') return verdict
  if (!entry) return refusal('an override needs a policy with `override: true`')
  if (entry.override) return verdict
  return refusal(`policy of ${placeOf(entry)} says no \`override: true\``)
}

/** The budget of an asker by the entry that allows his request. */
export function budgetOf({ name, budget, at }: PolicyEntry, { kind, source, caller }: Asker): Budget | undefined {
  if (!budget) return undefined
  // A new session of a role has no budget of its own.
  const holder = caller === undefined ? `${kind}/${source}` : roleOf(caller)
  const of = `caller/${name}/${sha256(holder).slice(0, HASH_CHARACTERS)}`
  return { rule: name, of, entry: placeOf({ name, at }), atMost: budget }
}

/** Enough to keep the callers of one file apart. */
const HASH_CHARACTERS = 16

function fits(entry: PolicyEntry, asker: Asker, asked: CheckedRequest): boolean {
  return isAbout(entry, asker, asked) && (!asked.operation.destroysData || !entry.allow || entry.allowDataLoss === true)
}

/** Whether an entry fits, apart from the loss of data. */
function isAbout(
  { who, operations, resources, accounts, regions }: PolicyEntry,
  { kind, source, rule, caller }: Asker,
  { operation, target }: CheckedRequest,
): boolean {
  return (
    (who.kind?.includes(kind) ?? true) &&
    likeAny(who.source, source) &&
    isLike(who.rule, rule) &&
    isLike(who.caller, caller) &&
    likeAny(operations, operation.name) &&
    likeAny(resources, operation.resource(target)) &&
    likeAny(accounts, target.account ?? DEFAULT_ACCOUNT) &&
    likeAny(regions, target.region)
  )
}

/** What is absent fits no pattern. */
function isLike(patterns: PolicyEntry['who']['rule'], text: string | undefined): boolean {
  return patterns === undefined || (text !== undefined && likeAny(patterns, text))
}

function refusal(reason: string): PolicyVerdict {
  return { guard: 'policy', says: 'refuse', reason }
}

/** Names the entry that lacks `allowDataLoss`; otherwise the first one, where the policy begins. */
function noEntryText(policy: readonly PolicyEntry[], asker: Asker, asked: CheckedRequest): string {
  const request = askText(asker, asked)
  const near = policy.find((one) => isAbout(one, asker, asked))
  if (near) return `policy of ${placeOf(near)} does not allow ${request}: it says no \`allowDataLoss: true\``
  const [first] = policy
  return first ? `no entry of the policy from ${placeOf(first)} on allows ${request}` : `an empty policy allows nothing`
}

function askText({ kind, source, rule, caller }: Asker, asked: CheckedRequest): string {
  const byRule = rule === undefined ? '' : ` (rule ${rule})`
  const who = caller === undefined ? `${kind} of ${source}` : JSON.stringify(caller)
  return `${who}${byRule} to ask for ${requestText([asked])}`
}

function placeOf({ at, name }: Pick<PolicyEntry, 'name'> & { at?: string | undefined }): string {
  return at === undefined ? name : `${at} (${name})`
}

function budgetText({ count, windowMs }: NonNullable<PolicyEntry['budget']>[number]): string {
  return `${count} per ${durationText(windowMs)}`
}
