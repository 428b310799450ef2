import type { Call } from '../../lib/cloud/call.ts'

/** The ids of the simulated clouds are short. Records are billed by their size, so those of real ones stand in for them. */
const LONG: readonly (readonly [short: string, long: string])[] = [
  ['g', 'f7b2c9a0-3c55-4f0e-9d1b-6a8e21c4d790'],
  ['node-1', '3d4e1f6a-9b27-4c08-8e53-0b7d92a5c611'],
  ['node-2', '3d4e1f6a-9b27-4c08-8e53-0b7d92a5c612'],
]
const TO_LONG = new Map(LONG)
const TO_SHORT = new Map(LONG.map(([short, long]) => [long, short]))

/** Of Huawei's jobs: 32 digits. */
const JOB = 'ff808082937a2d5f01937a2d'

/** Calls of clouds whose ids are as long as those of DCS and EMR. */
export function withRealIds(call: Call): Call {
  return async (operation, input, place) => {
    const output = await call(operation, mapped(input, shortOf), place)
    return mapped(output, longOf)
  }
}

function longOf(text: string): string {
  const number = /^job-(\d{8})$/.exec(text)?.[1]
  if (number !== undefined) return `${JOB}${number}`
  if (/^request-\d+$/.test(text)) return '5b4f5b4c-2e1d-4c3a-9b7e-6f0d8c1a2e35'
  return TO_LONG.get(text) ?? text
}

function shortOf(text: string): string {
  return text.startsWith(JOB) ? `job-${text.slice(JOB.length)}` : (TO_SHORT.get(text) ?? text)
}

/** The same with other texts, keys included. */
function mapped<Value>(value: Value, of: (text: string) => string): Value {
  return anyMapped(value, of) as Value // of the same form
}

function anyMapped(value: unknown, of: (text: string) => string): unknown {
  if (typeof value === 'string') return of(value)
  if (Array.isArray(value)) return value.map((one) => anyMapped(one, of))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [of(key), anyMapped(one, of)]))
}
