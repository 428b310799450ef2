import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseRules } from '../rules/read-rules.ts'
import type { Rules } from '../rules/rules.ts'

/** As they are packaged. */
const RULES_FILE = 'events/rules.yml'

/** They name the samples' instances and clusters, and are there to be tried: nothing real is left to them. */
const SAMPLE_RULES_FILE = 'events/sample-rules.yml'

export interface RulesInForce {
  /** As it was asked for. */
  file: string
  text: string
  rules: Rules
}

/**
 * The rules of one machine: those of `RULES_FILE`; else the samples' where no cloud is real, and where one is, `events/rules.yml`.
 * @throws {RulesError | Error} naming the file, and the line; also where the samples' rules would run something real
 */
export function rulesOfMachine(
  root: string,
  { RULES_FILE: given }: Record<string, string | undefined>,
  isReal: boolean,
): RulesInForce {
  return checked(root, given || (isReal ? RULES_FILE : SAMPLE_RULES_FILE), isReal ? 'where a cloud is real' : undefined)
}

/**
 * The rules that are packaged.
 * @throws {RulesError | Error} as {@link rulesOfMachine}; only the stage `dev` may have the samples' rules
 */
export function rulesOfPackage(root: string, stage: string): RulesInForce {
  return checked(root, RULES_FILE, stage === 'dev' ? undefined : `in stage ${stage}`)
}

/** @param where the samples' rules may not be, for people */
function checked(root: string, file: string, where: string | undefined): RulesInForce {
  const text = readText(root, file)
  const rules = parseRules(text, file)
  const samples = resolve(root, SAMPLE_RULES_FILE)
  if (where && existsSync(samples) && JSON.stringify(rules) === JSON.stringify(samplesIn(samples))) {
    throw new Error(`${file}: these are the rules of the samples, which are not taken ${where}: write your own there`)
  }
  return { file, text, rules }
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

/** For people: how many rules there are of what. */
export function ruleCounts({ rules, tickets, requests, callers }: Rules): string {
  const counts = [
    [rules.length, 'for alarms'],
    [tickets.length, 'for tickets'],
    [requests.length, 'for requests'],
    [callers?.length ?? 0, 'for callers'],
  ] as const
  return counts.map(([count, what]) => `${count} ${what}`).join(', ')
}
