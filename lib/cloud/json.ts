import type { Operation } from './operation.ts'
import type { CloudAnswer, ParsedAnswer, ProviderRefusal } from './provider.ts'

/** Parses an answer as JSON, or by `decode`. An integer beyond 2^53 becomes an exact bigint. */
export function readJson(
  { text, headers }: Pick<CloudAnswer, 'text' | 'headers'>,
  decode: Operation['decode'],
): ParsedAnswer {
  try {
    if (decode) return { payload: decode(text, headers) }
    return { payload: LONG_NUMBER.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text) }
  } catch {
    return unreadable(`the answer is not JSON: ${JSON.stringify(text)}`)
  }
}

/** Quotes an unreadable answer whole: `redact` cuts it later, for a cut before that could leave half a secret. */
export function quoted(text: string): string {
  return text ? `: ${JSON.stringify(text)}` : ''
}

export function unreadable(what: string): { refusal: ProviderRefusal } {
  return { refusal: { kind: 'unreadable', change: 'unknown', what } }
}

/** Matches every text with an integer that JSON.parse would round. The reviver is slow, so others go without. */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d{16}/

function exactInteger(_key: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source) : value
}

/** Writes what `readJson` parsed as text again: JSON.stringify throws on a bigint. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? ''
}
