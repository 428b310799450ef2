import { loopingRules } from '../../rules/loops.ts'
import { unreachableEntries } from '../../rules/policy-reach.ts'
import { readRules } from '../../rules/read-rules.ts'
import type { RuleError } from '../../rules/rule-error.ts'
import type { Rules } from '../../rules/rules.ts'
import { unreachableRules } from '../../rules/unreachable.ts'
import { printable } from '../printable.ts'
import { ruleCounts } from '../rules-in-force.ts'
import { type Console, EXIT } from './console.ts'
import { ruleFileOf, textOfFile } from './rule-file.ts'

/** `npm run rules -- check [file] [--strict]`: a line for each error, else for each warning. */
export function check(
  console: Console,
  { file: given, strict }: { file?: string | undefined; strict: boolean },
): number {
  const file = ruleFileOf(console, given)
  const read = readRules(textOfFile(console, file), file)
  if ('faults' in read) {
    for (const { line, message } of read.faults) console.out(printable(`${file}:${line}: ${message}`))
    console.out(`${counted(read.faults.length, 'error')} in ${file}`)
    return EXIT.error
  }
  const { rules, lineOf } = read
  const warnings = [...unreachableRules(rules), ...unreachablePolicy(rules), ...loopingRules(rules)]
    .map(({ path, message }) => ({ line: lineOf(path), message }))
    .toSorted((a, b) => a.line - b.line)
  for (const { line, message } of warnings) console.out(printable(`${file}:${line}: warning: ${message}`))
  console.out(`${file} is valid: ${ruleCounts(rules)}; ${counted(warnings.length, 'warning')}`)
  return strict && warnings.length > 0 ? EXIT.error : EXIT.ok
}

function unreachablePolicy({ policy = [] }: Rules): RuleError[] {
  return unreachableEntries(policy).map(({ entry, coveredBy }) => {
    const names = coveredBy.map(({ name }) => name).join(', ')
    return {
      path: ['policy', policy.indexOf(entry)],
      message: `policy ${entry.name}: decides nothing: ${names} fit all of it first`,
    }
  })
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`
}
