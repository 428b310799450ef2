/** Compares the `LastRestartTime` of a process: a text without a guaranteed format or a stated zone, which may be missing. */

/** Whether a process was restarted between two reads. `unreadable`: its times do not tell. */
export type Restarted = 'yes' | 'no' | 'unreadable'

/** Texts that stand for no time. */
const NONE = /^(\D*|0|0000-.*|1970-01-01.*)$/

/** Compares with the earlier read, never with our clock: the zone is not documented. */
export function restarted(before: string | undefined, now: string | undefined): Restarted {
  const [was, is] = [textOf(before), textOf(now)]
  if (is === undefined) return 'unreadable'
  if (was === undefined) return 'yes'
  if (was === is) return 'no'
  const [from, to] = [instantOf(was), instantOf(is)]
  // An unparsable text has changed; a text that is unparsable only now proves nothing.
  if (!from) return 'yes'
  if (!to) return 'unreadable'
  if (from.zoned === to.zoned) return to.ms > from.ms ? 'yes' : 'no'
  // Only one has a zone: equal digits mean the same time, others prove nothing.
  return from.localMs === to.localMs ? 'no' : 'unreadable'
}

function textOf(time: string | undefined): string | undefined {
  const text = time?.trim() ?? ''
  return NONE.test(text) ? undefined : text
}

const FORM =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i

/** Two times without a zone count as of the same zone. */
function instantOf(text: string): { ms: number; localMs: number; zoned: boolean } | undefined {
  const found = FORM.exec(text)
  if (!found) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second)
  const zone = found[7]
  return { ms: localMs - offsetMs(zone), localMs, zoned: zone !== undefined }
}

/** The possible instants of a time (epoch ms): without a zone it is UTC or China's. */
export function instantsOf(text: string): number[] {
  const instant = instantOf(text.trim())
  if (!instant) return []
  return instant.zoned ? [instant.ms] : [instant.localMs, instant.localMs - 8 * 3_600_000]
}

function offsetMs(zone = 'Z'): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
  return sign === '-' ? -ms : ms
}
