import { CATALOGUE } from '../services/catalogue.ts'

/** A fault of a rule file, and where it is. */

/** Keys and indexes from the top of the rule file. */
export type Path = (string | number)[]

export interface RuleError {
  path: Path
  message: string
}

/** Makes an error of one rule. The path starts at the rule. */
export type ErrorAt = (path: Path, message: string) => RuleError

export function unknownOperation(field: string, name: string): string {
  return `${field}: ${name} is not known; one of ${[...CATALOGUE.keys()].join(', ')}`
}
