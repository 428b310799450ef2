import { DEFAULT_ACCOUNT } from '../cloud/accounts.ts'
import type { CheckedRequest } from '../runs/accept/check-request.ts'

/** A request in the words of a refusal: its operation, and on what. @param checked one for each target */
export function requestText(checked: readonly CheckedRequest[]): string {
  const [first] = checked
  if (!first) return 'nothing'
  const { operation } = first
  const loss = operation.destroysData ? ', which deletes data' : ''
  return `${operation.name}${loss}, on ${checked.length > 1 ? `these ${checked.length} resources` : locationOf(first)}`
}

function locationOf({ operation, target }: CheckedRequest): string {
  return `${operation.resource(target)} in account ${target.account ?? DEFAULT_ACCOUNT}, region ${target.region}`
}
