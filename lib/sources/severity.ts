import { textOf } from '../basics/text-of.ts'
import type { Alarm, Severity } from './alarm.ts'

/** The words of all sources in lower case, by the nearest of our levels. A word means the same in every source. */
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

/** @returns the level; the word, bounded, if it is unknown; neither if there is none */
export function severityOf(word: string | undefined): Pick<Alarm, 'severity' | 'unknownSeverity'> {
  const text = word?.trim() ?? ''
  const severity = SEVERITIES.get(text.toLowerCase())
  const isUnknown = text !== '' && severity === undefined
  return { severity, ...(isUnknown ? { unknownSeverity: textOf(text, MAX_WORD) } : {}) }
}
