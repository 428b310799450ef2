import type { LifecycleOperation } from '../services/lifecycle.ts'
import { filled, type Lists, listedValues, type RuleValue } from './references.ts'

/**
 * The values of lists that the operation would refuse in its target. They are checked when the
 * rule file is read, not when an event first names one.
 */
export function wrongListValues(
  target: RuleValue,
  operation: Pick<LifecycleOperation, 'target'>,
  lists: Lists,
): { path: string[]; message: string }[] {
  const wrong: { path: string[]; message: string }[] = []
  const check = (path: string[], text: string): void => {
    const here = path.join('.')
    const trial = filled(target, (other) => (other.join('.') === here ? text : other.join('.')))
    const issue = operation.target.safeParse(trial).error?.issues.find((one) => one.path.join('.') === here)
    if (!issue) return
    const message = `target.${here}: list value ${JSON.stringify(text)} ${issue.message}`
    wrong.push({ path: ['target', ...path], message })
  }
  filled(target, (path, reference) => {
    for (const text of listedValues(reference, lists)) check(path, text)
    return ''
  })
  return wrong
}
