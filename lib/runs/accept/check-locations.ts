import { issueAt } from '../../basics/field-issues.ts'
import type { RecordPorts } from '../ports.ts'
import { RequestError } from '../request-error.ts'
import type { Run } from '../run.ts'
import type { CheckedRequest } from './check-request.ts'

/**
 * Refuses a request whose account or region cannot be used, before it takes its key and its resource. A run that was accepted
 * when they could be used stays.
 * @param runs one for each request
 * @throws {RequestError} naming the account or the region of each target
 */
export async function checkLocations(
  { checkLocation, store }: Pick<RecordPorts, 'checkLocation' | 'store'>,
  requests: readonly CheckedRequest[],
  runs: readonly Run[],
): Promise<void> {
  if (!checkLocation) return
  const checks = requests.map(async ({ operation, target, targetPath }, index) => {
    const refused = await checkLocation(operation.service, target)
    const run = runs[index]
    if (!refused || !run || (await store.get(run.id))) return []
    return [issueAt([...targetPath, refused.field], refused.message)]
  })
  const issues = (await Promise.all(checks)).flat()
  if (issues.length > 0) throw new RequestError(issues)
}
