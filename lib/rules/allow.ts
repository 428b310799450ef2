import { DEFAULT_ACCOUNT } from '../cloud/accounts.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions } from '../runs/accept/check-request.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import { NotAllowedError, RequestError } from '../runs/accept/request-error.ts'
import { limitsOfPeople } from './limits.ts'
import { likeAny } from './pattern.ts'
import type { CallerRule, RequestRule, Rules } from './rules.ts'

/** Whether who says himself what is to be done may ask for it. A secret, or a signature, proves who it is, not that it may do everything. */

type Allowing = Pick<
  RequestRule,
  'run' | 'resources' | 'accounts' | 'regions' | 'params' | 'allowDataLoss' | 'cooldown' | 'limits' | 'name'
>

/**
 * A webhook may ask for a run in our own words where a rule of `requests` allows it.
 * @returns the rule that allows it, for each target the same
 * @throws {RequestError | NotAllowedError}
 */
export function allowingRule(
  request: RunRequest | BatchRequest,
  { requests }: Pick<Rules, 'requests'>,
  regions: DefaultRegions,
): RequestRule {
  const who = request.source.name
  const own = requests.filter(({ when }) => likeAny(when.source, who))
  return firstThatAllows(own, request, regions, (what) => `no rule of \`requests\` allows ${who} to ask for ${what}`)
}

/**
 * A caller of the API may ask for what a rule of `callers` allows; where there are none, for all that deletes no data.
 * @param who as he is authenticated, without any name that he may have chosen
 * @returns the request, with the limits of the rule that allows it
 * @throws {RequestError | NotAllowedError}
 */
export function allowCaller<Request extends RunRequest | BatchRequest>(
  request: Request,
  who: string,
  { callers }: Pick<Rules, 'callers'>,
  regions: DefaultRegions,
): Request {
  const own = callers?.filter(({ when }) => likeAny(when.caller, who)) ?? [ANYBODY]
  const rule = firstThatAllows(
    own,
    request,
    regions,
    (what) => `no rule of \`callers\` allows ${JSON.stringify(who)} to ask for ${what}`,
  )
  return { ...request, limits: limitsOfPeople(rule) }
}

const ANYBODY: CallerRule = {
  name: 'anybody',
  when: { caller: '*' },
  ...{ run: '*', resources: '*', accounts: '*', regions: '*', params: '*' },
}

function firstThatAllows<Rule extends Allowing>(
  rules: readonly Rule[],
  request: RunRequest | BatchRequest,
  regions: DefaultRegions,
  refusal: (what: string) => string,
): Rule {
  const wishes =
    'targets' in request
      ? request.targets.map((target, index) =>
          checkRequest({ ...request, target }, regions, ['targets', String(index)]),
        )
      : [checkRequest(request, regions)]
  const [first] = wishes
  if (!first) throw new RequestError([{ field: 'targets', message: 'is empty' }])
  const given = pathsOf(request.params)
  const rule = rules.find((one) => wishes.every((wish) => isAllowed(one, wish, given, regions)))
  if (rule) return rule
  const { operation } = first
  const loss = operation.destroysData ? ', which deletes data' : ''
  const of = wishes.length > 1 ? `these ${wishes.length} resources` : whereOf(first)
  const how = given.length > 0 ? `, with ${given.join(', ')}` : ''
  throw new NotAllowedError(refusal(`${operation.name}${loss}, of ${of}${how}`.slice(0, MAX_TEXT)))
}

/** However many params are given. */
const MAX_TEXT = 500

function isAllowed(
  { run, resources, accounts = DEFAULT_ACCOUNT, regions, params, allowDataLoss }: Allowing,
  { operation, target }: CheckedRequest,
  given: readonly string[],
  defaults: DefaultRegions,
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

function whereOf({ operation, target }: CheckedRequest): string {
  return `${operation.resource(target)} in account ${target.account ?? DEFAULT_ACCOUNT}, region ${target.region}`
}

/** The params that are given, by dotted path; what stands in a list is the list's. */
function pathsOf(value: unknown, path: string[] = []): string[] {
  const isHolder = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isHolder) return path.length > 0 && value !== undefined ? [path.join('.')] : []
  return Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))
}
