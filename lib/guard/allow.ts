import type { BatchRequest, RunRequest } from '../runs/draft.ts'
import { NotAllowedError, RequestError } from '../runs/request-error.ts'
import { checkWish, type DefaultRegions } from '../runs/wish.ts'
import { likeAny } from './pattern.ts'
import type { RequestRule, Rules } from './rules.ts'

/**
 * A webhook may ask for a run in our own words where a rule of `requests` allows the operation on that very resource. The
 * secret of a sender proves who it is, not that it may do everything.
 * @returns the rule that allows it, for each target the same
 * @throws {RequestError | NotAllowedError}
 */
export function allowingRule(
  request: RunRequest | BatchRequest,
  { requests }: Rules,
  regions: DefaultRegions,
): RequestRule {
  const targets = 'targets' in request ? request.targets : [request.target]
  const wishes = targets.map((target) => checkWish({ ...request, target }, regions))
  const { operation } = wishes[0] ?? {}
  if (!operation) throw new RequestError([{ field: 'data.targets', message: 'is empty' }])
  const resources = wishes.map((wish) => operation.resource(wish.target))
  const rule = requests.find(
    ({ when, run, resources: allowed, allowDataLoss }) =>
      likeAny(when.source, request.source.name) &&
      likeAny(run, operation.name) &&
      (allowDataLoss === true || !operation.destroysData) &&
      resources.every((resource) => likeAny(allowed, resource)),
  )
  if (rule) return rule
  const loss = operation.destroysData ? ', which deletes data' : ''
  const of = resources.length > 1 ? `these ${resources.length} resources` : resources[0]
  throw new NotAllowedError(
    `no rule of \`requests\` allows ${request.source.name} to ask for ${operation.name}${loss}, of ${of}`,
  )
}
