import { NotAllowedError, RequestError } from '../runs/request-error.ts'
import { type Permitting, underPolicy } from './allow.ts'
import type { Match } from './match.ts'

/** A match, and why the policy does not allow its request. */
interface Judged<Rule> {
  match: Match<Rule>
  denial?: string
}

/** The match with the budget that the policy gives its request. A request that no operation takes is left to its acceptance. */
export function matchUnderPolicy<Rule extends { name: string }>(
  match: Match<Rule>,
  permitting: Permitting<'policy'>,
): Judged<Rule> {
  if (!('request' in match)) return { match }
  const { request, rule } = match
  const { kind, name: source } = request.source
  try {
    const allowed = underPolicy(request, { kind, source, rule: rule.name }, permitting)
    return { match: { ...match, request: allowed } }
  } catch (error) {
    if (error instanceof NotAllowedError) return { match, denial: error.message }
    if (error instanceof RequestError) return { match }
    throw error
  }
}
