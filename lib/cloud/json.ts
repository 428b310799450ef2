import type { Operation } from './operation.ts'
import type { CloudAnswer, ParsedAnswer, ProviderRefusal } from './provider.ts'

/** JSON, or why not. An integer beyond 2^53 is kept exactly, as a bigint. */
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

/** What an answer says that nobody can read. Whole: what is cut before it is cleaned may hold half a secret; `redact` bounds it. */
export function quoted(text: string): string {
  return text ? `: ${JSON.stringify(text)}` : ''
}

export function unreadable(what: string): { refusal: ProviderRefusal } {
  return { refusal: { kind: 'unreadable', change: 'unknown', what } }
}

/** Only such a text can hold an integer that JSON.parse would round; the reviver is slow. */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d{16}/

function exactInteger(_key: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source) : value
}

/** The text of what `readJson` gave: JSON.stringify takes no bigint. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? ''
}
