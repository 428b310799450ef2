import { textOf } from '../basics/text-of.ts'
import type { Alarm, Severity } from './alarm.ts'

/** The words of all sources, in lower case, and the nearest level of ours. A word means the same wherever it comes from. */
const WORDS: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'emergency', 'emerg', 'fatal', 'disaster', 'page', 'alert', 'serious', '紧急'],
  major: ['major', 'error', 'err', 'high', '重要'],
  minor: ['minor', 'warning', 'warn', 'medium', 'moderate', 'average', '次要'],
  info: ['info', 'information', 'informational', 'notice', 'low', 'none', 'debug', 'remind', '提示'],
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map(
  (Object.entries(WORDS) as [Severity, readonly string[]][]) // keys of the table
    .flatMap(([severity, words]) => words.map((word) => [word, severity] as const)),
)

const MAX_WORD = 40

/** @returns the level; or the word, bounded, where it is not known; neither where none is said */
export function severityOf(word: string | undefined): Pick<Alarm, 'severity' | 'unknownSeverity'> {
  const said = word?.trim() ?? ''
  const severity = SEVERITIES.get(said.toLowerCase())
  const isUnknown = said !== '' && severity === undefined
  return { severity, ...(isUnknown ? { unknownSeverity: textOf(said, MAX_WORD) } : {}) }
}
