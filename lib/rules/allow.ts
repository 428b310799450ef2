import { issueAt } from '../basics/field-issues.ts'
import { DEFAULT_ACCOUNT } from '../cloud/accounts.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import { NotAllowedError, RequestError } from '../runs/request-error.ts'
import { limitsOfPeople } from './limits.ts'
import { likeAny } from './pattern.ts'
import { type Asker, budgetOf, decidePolicy, mayOverride } from './policy.ts'
import { requestText } from './request-text.ts'
import type { CallerRule, RequestRule, Rules } from './rules.ts'
import { windowsOf } from './window-fields.ts'

/** A secret or a signature proves who asks. The rules say which runs each caller may ask for. */

type Permission = Pick<
  RequestRule,
  'run' | 'resources' | 'accounts' | 'regions' | 'params' | 'allowDataLoss' | 'cooldown' | 'limits' | 'name'
>

/** The rules in force, and the regions of targets that name none. */
export interface Permitting<Section extends keyof Rules> {
  rules: Pick<Rules, Section>
  regions: DefaultRegions
}

/**
 * The rule of `requests` that lets a webhook ask for a run directly. One rule must allow all targets. The policy is not asked.
 * @throws {RequestError | NotAllowedError}
 */
export function allowingRule(
  request: RunRequest | BatchRequest,
  { rules, regions }: Permitting<'requests'>,
): RequestRule {
  const who = request.source.name
  const own = rules.requests.filter(({ when }) => likeAny(when.source, who))
  const denial = (what: string): string => `no rule of \`requests\` allows ${who} to ask for ${what}`
  return firstThatAllows(own, request, { regions, denial })
}

/**
 * The request with the budgets of the policy that allows it: for each target, the first entry that fits decides.
 * @throws {RequestError | NotAllowedError} the latter with the place of the entry
 */
export function underPolicy<Request extends RunRequest | BatchRequest>(
  request: Request,
  asker: Asker,
  { rules: { policy }, regions }: Permitting<'policy'>,
): Request {
  if (!policy) return request
  const budgets = checkedTargets(request, regions).map((asked) => {
    const { verdict, entry } = decidePolicy(policy, asker, asked)
    if (verdict.says === 'refuse') throw new NotAllowedError(verdict.reason)
    return [asked.operation.resource(asked.target), entry && budgetOf(entry, asker)] as const
  })
  const given = budgets.flatMap(([resource, budget]) => (budget ? [[resource, budget] as const] : []))
  return given.length > 0 ? { ...request, budgets: Object.fromEntries(given) } : request
}

/**
 * The request of an API caller, with the limits of the rule of `callers` that allows it, and under the policy. Without
 * `callers`, every caller may ask for all operations that delete no data.
 * @param who the authenticated identity, without any name that the caller may have chosen
 * @throws {RequestError | NotAllowedError}
 */
export function allowCaller<Request extends RunRequest | BatchRequest>(
  request: Request,
  who: string,
  { rules, regions }: Permitting<'callers' | 'policy'>,
): Request {
  const own = rules.callers?.filter(({ when }) => likeAny(when.caller, who)) ?? [ANYBODY]
  const denial = (what: string): string => `no rule of \`callers\` allows ${JSON.stringify(who)} to ask for ${what}`
  const rule = firstThatAllows(own, request, { regions, denial })
  const asker = { kind: 'http', source: request.source.name, caller: who } as const
  const named = rule === ANYBODY ? asker : { ...asker, rule: rule.name }
  checkOverride(request, named, { rules, regions })
  return { ...underPolicy(request, named, { rules, regions }), limits: limitsOfPeople(rule), ...windowsOf(rule) }
}

/** @throws {NotAllowedError} where the policy lets him override no windows */
function checkOverride(
  request: RunRequest | BatchRequest,
  asker: Asker,
  { rules: { policy }, regions }: Permitting<'policy'>,
): void {
  if (!request.override) return
  for (const asked of checkedTargets(request, regions)) {
    const verdict = mayOverride(policy, asker, asked)
    if (verdict.says === 'refuse') throw new NotAllowedError(verdict.reason)
  }
}

const ANYBODY: CallerRule = {
  name: 'anybody',
  when: { caller: '*' },
  ...{ run: '*', resources: '*', accounts: '*', regions: '*', params: '*' },
}

function firstThatAllows<Rule extends Permission>(
  rules: readonly Rule[],
  request: RunRequest | BatchRequest,
  { regions, denial }: { regions: DefaultRegions; denial: (what: string) => string },
): Rule {
  const checked = checkedTargets(request, regions)
  const given = pathsOf(request.params)
  const rule = rules.find((one) => checked.every((each) => isAllowed(one, each, { given, regions })))
  if (rule) return rule
  const how = given.length > 0 ? `, with ${given.join(', ')}` : ''
  throw new NotAllowedError(denial(`${requestText(checked)}${how}`.slice(0, MAX_TEXT)))
}

/** @throws {RequestError} also where there is no target */
function checkedTargets(request: RunRequest | BatchRequest, regions: DefaultRegions): CheckedRequest[] {
  if (!('targets' in request)) return [checkRequest(request, regions)]
  if (request.targets.length === 0) {
    throw new RequestError([issueAt([...(request.within ?? []), 'targets'], 'is empty')])
  }
  return request.targets.map((target, index) =>
    checkRequest({ ...request, target }, regions, ['targets', String(index)]),
  )
}

/** Callers choose how many params they give. */
const MAX_TEXT = 500

function isAllowed(
  { run, resources, accounts = DEFAULT_ACCOUNT, regions, params, allowDataLoss }: Permission,
  { operation, target }: CheckedRequest,
  { given, regions: defaults }: { given: readonly string[]; regions: DefaultRegions },
): boolean {
  const isFreeText = (path: string): boolean =>
    operation.freeText?.some((free) => path === free || path.startsWith(`${free}.`)) ?? false
  return (
    likeAny(run, operation.name) &&
    (allowDataLoss === true || !operation.destroysData) &&
    likeAny(resources, operation.resource(target)) &&
    likeAny(accounts, target.account ?? DEFAULT_ACCOUNT) &&
    (regions === undefined
      ? target.region === defaults[operation.service.provider]
      : likeAny(regions, target.region)) &&
    given.every((path) => (params === undefined ? !isFreeText(path) : likeAny(params, path)))
  )
}

/** The dotted paths of all given params. A list counts as one param. */
function pathsOf(value: unknown, path: string[] = []): string[] {
  const isHolder = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isHolder) return path.length > 0 && value !== undefined ? [path.join('.')] : []
  return Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))
}
