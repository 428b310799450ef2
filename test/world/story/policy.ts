import { readFileSync } from 'node:fs'
import { parseRules } from '../../../lib/rules/read-rules.ts'
import { RULES_FILE } from './handlers.ts'

/** The policy of the simulation. */
const { policy = [] } = parseRules(readFileSync(RULES_FILE, 'utf8'), RULES_FILE)

/** The entry with a budget; all alarms of the simulation come from one source. */
export const LIMITED = policy.filter(({ budget }) => budget)

/** The operations that it keeps from alarms. */
export const DENIED: readonly string[] = policy.filter(({ allow }) => !allow).flatMap(({ operations }) => operations)
