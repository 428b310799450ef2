import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseRules } from '../rules/read-rules.ts'
import type { Rules } from '../rules/rules.ts'

/** The rules that are packaged. */
export const RULES_FILE = 'events/rules.yml'

/** Rules to try, which name the samples' instances and clusters. A machine with a real cloud rejects them. */
const SAMPLE_RULES_FILE = 'events/sample-rules.yml'

export interface RulesInForce {
  /** As given, not resolved. */
  file: string
  rules: Rules
}

/**
 * The rules of one machine: `RULES_FILE`, else `events/rules.yml` where a cloud is real, else the samples' rules.
 * @param options `isReal`: a cloud is real
 * @throws {RulesError | Error} naming the file and the line; also for the samples' rules where a cloud is real
 */
export function rulesOfMachine(
  root: string,
  { environment, isReal }: { environment: Readonly<Record<string, string | undefined>>; isReal: boolean },
): RulesInForce {
  const file = environment.RULES_FILE || (isReal ? RULES_FILE : SAMPLE_RULES_FILE)
  return checkedRules(root, file, isReal ? 'where a cloud is real' : undefined)
}

/**
 * The rules of a package.
 * @throws {RulesError | Error} as {@link rulesOfMachine}; only the stage `dev` may have the samples' rules
 */
export function rulesOfPackage(root: string, stage: string): RulesInForce {
  return checkedRules(root, RULES_FILE, stage === 'dev' ? undefined : `in stage ${stage}`)
}

/** @param where for people: where the samples' rules are rejected */
function checkedRules(root: string, file: string, where: string | undefined): RulesInForce {
  const rules = parseRules(readText(root, file), file)
  const samples = resolve(root, SAMPLE_RULES_FILE)
  if (where && existsSync(samples) && contentOf(rules) === contentOf(samplesIn(samples))) {
    throw new Error(
      `${file}: these are the rules of the samples, which are not accepted ${where}: write your own there`,
    )
  }
  return { file, rules }
}

/** The rules without the places where they stand: a copy under another name is the same. */
function contentOf({ policy, ...rules }: Rules): string {
  return JSON.stringify({ ...rules, policy: policy?.map(({ at, ...entry }) => entry) })
}

function samplesIn(file: string): Rules {
  return parseRules(readFileSync(file, 'utf8'), SAMPLE_RULES_FILE)
}

function readText(root: string, file: string): string {
  try {
    return readFileSync(resolve(root, file), 'utf8')
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException // of the file system
    throw new Error(`${file}: the rules cannot be read: ${code}`)
  }
}

/** The number of rules of each kind, for people. */
export function ruleCounts({ rules, tickets, requests, callers, policy }: Rules): string {
  const counts = [
    [rules.length, 'for alarms'],
    [tickets.length, 'for tickets'],
    [requests.length, 'for requests'],
    [callers?.length ?? 0, 'for callers'],
    ...(policy ? ([[policy.length, 'of policy']] as const) : []),
  ] as const
  return counts.map(([count, what]) => `${count} ${what}`).join(', ')
}
