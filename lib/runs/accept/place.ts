import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import type { CheckedRequest } from './check-request.ts'
import { RequestError } from './request-error.ts'

/**
 * Refuses what can go nowhere, before it uses up its key and its resource. A run that was accepted when it could is not undone.
 * @param runs one a wish
 * @throws {RequestError} naming the account or the region of each target
 */
export async function checkPlaces(
  { refusePlace, store }: Pick<RecordPorts, 'refusePlace' | 'store'>,
  wishes: readonly CheckedRequest[],
  runs: readonly Run[],
): Promise<void> {
  if (!refusePlace) return
  const asked = wishes.map(async ({ operation, target }, index) => {
    const refused = await refusePlace(operation.service, target)
    const run = runs[index]
    if (!refused || !run || (await store.get(run.id))) return []
    const where = run.batchId === undefined ? 'target' : `targets.${index}`
    return [{ field: `${where}.${refused.field}`, message: refused.message }]
  })
  const issues = (await Promise.all(asked)).flat()
  if (issues.length > 0) throw new RequestError(issues)
}
