import type { LifecycleOperation } from '../services/lifecycle.ts'
import { filled, type Lists, listedValues, type RuleValue } from './references.ts'

/**
 * What a list lets through stands in the file as well: it is checked there, not when it is first named.
 * @returns each value that the operation would not take at its place
 */
export function wrongListed(
  target: RuleValue,
  operation: Pick<LifecycleOperation, 'target'>,
  lists: Lists,
): { path: string[]; message: string }[] {
  const complaints: { path: string[]; message: string }[] = []
  const check = (path: string[], text: string): void => {
    const here = path.join('.')
    const trial = filled(target, (other) => (other.join('.') === here ? text : other.join('.')))
    const issue = operation.target.safeParse(trial).error?.issues.find((one) => one.path.join('.') === here)
    if (!issue) return
    const message = `target.${here}: of the list, ${JSON.stringify(text)}: ${issue.message}`
    complaints.push({ path: ['target', ...path], message })
  }
  filled(target, (path, place) => {
    for (const text of listedValues(place, lists)) check(path, text)
    return ''
  })
  return complaints
}
