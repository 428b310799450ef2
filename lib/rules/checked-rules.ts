import { readFileSync } from 'node:fs'
import { jsonOf } from '../basics/json-of.ts'
import type { Rules } from './rules.ts'

/** Rules as they travel to AWS. They are checked when they are packaged, so functions need neither YAML nor the schema. */
interface CheckedRules {
  checkedRules: Rules
}

/** The content of a file of checked rules. */
export function checkedRulesText(rules: Rules): string {
  const content: CheckedRules = { checkedRules: rules }
  return JSON.stringify(content)
}

/**
 * Reads a file of checked rules.
 * @throws {Error} for any other file, such as the YAML that people write
 */
export function readCheckedRules(file: string): Rules {
  const content = jsonOf(readFileSync(file, 'utf8')) as Partial<CheckedRules> | undefined // as it was written above
  if (!content?.checkedRules) throw new Error(`${file}: are not rules that \`npm run package\` has checked`)
  return content.checkedRules
}
