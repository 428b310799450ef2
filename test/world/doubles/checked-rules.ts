import { readFileSync } from 'node:fs'
import { parseRules } from '../../../lib/rules/read-rules.ts'
import type { Rules } from '../../../lib/rules/rules.ts'

/** Nothing is packaged for a world: its functions read the rules as people write them. */
export function readCheckedRules(file: string): Rules {
  return parseRules(readFileSync(file, 'utf8'), file)
}
