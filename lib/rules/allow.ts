import { issueAt } from '../basics/field-issues.ts'
import { DEFAULT_ACCOUNT } from '../cloud/accounts.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import { NotAllowedError, RequestError } from '../runs/request-error.ts'
import { limitsOfPeople } from './limits.ts'
import { likeAny } from './pattern.ts'
import type { CallerRule, RequestRule, Rules } from './rules.ts'

/** A secret or a signature proves who asks. The rules say which runs each caller may ask for. */

type Permission = Pick<
  RequestRule,
  'run' | 'resources' | 'accounts' | 'regions' | 'params' | 'allowDataLoss' | 'cooldown' | 'limits' | 'name'
>

/** The rules in force, and the regions of targets that name none. */
interface Permitting<Section extends keyof Rules> {
  rules: Pick<Rules, Section>
  regions: DefaultRegions
}

/**
 * The rule of `requests` that lets a webhook ask for a run directly. One rule must allow all targets.
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
 * The request of an API caller, with the limits of the rule of `callers` that allows it. Without `callers`, every caller may
 * ask for all operations that delete no data.
 * @param who the authenticated identity, without any name that the caller may have chosen
 * @throws {RequestError | NotAllowedError}
 */
export function allowCaller<Request extends RunRequest | BatchRequest>(
  request: Request,
  who: string,
  { rules, regions }: Permitting<'callers'>,
): Request {
  const own = rules.callers?.filter(({ when }) => likeAny(when.caller, who)) ?? [ANYBODY]
  const denial = (what: string): string => `no rule of \`callers\` allows ${JSON.stringify(who)} to ask for ${what}`
  const rule = firstThatAllows(own, request, { regions, denial })
  return { ...request, limits: limitsOfPeople(rule) }
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
  const checked =
    'targets' in request
      ? request.targets.map((target, index) =>
          checkRequest({ ...request, target }, regions, ['targets', String(index)]),
        )
      : [checkRequest(request, regions)]
  const [first] = checked
  if (!first) throw new RequestError([issueAt([...(request.within ?? []), 'targets'], 'is empty')])
  const given = pathsOf(request.params)
  const rule = rules.find((one) => checked.every((each) => isAllowed(one, each, { given, regions })))
  if (rule) return rule
  const { operation } = first
  const loss = operation.destroysData ? ', which deletes data' : ''
  const on = checked.length > 1 ? `these ${checked.length} resources` : locationOf(first)
  const how = given.length > 0 ? `, with ${given.join(', ')}` : ''
  throw new NotAllowedError(denial(`${operation.name}${loss}, on ${on}${how}`.slice(0, MAX_TEXT)))
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

function locationOf({ operation, target }: CheckedRequest): string {
  return `${operation.resource(target)} in account ${target.account ?? DEFAULT_ACCOUNT}, region ${target.region}`
}

/** The dotted paths of all given params. A list counts as one param. */
function pathsOf(value: unknown, path: string[] = []): string[] {
  const isHolder = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isHolder) return path.length > 0 && value !== undefined ? [path.join('.')] : []
  return Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))
}
