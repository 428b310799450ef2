/** `LastRestartTime` of a process: a text of no guaranteed format, of no stated zone, which may be missing. */

/** What two of them say of a restart in between. `unreadable`: nothing, though the process is there. */
export type Restarted = 'yes' | 'no' | 'unreadable'

/** What is no time. */
const NONE = /^(-*|null|0000-.*|1970-01-01.*)$/i

/** Against what was read before, never against our clock: the zone is not documented. */
export function restarted(before: string | undefined, now: string | undefined): Restarted {
  const [was, is] = [textOf(before), textOf(now)]
  if (is === undefined) return 'unreadable'
  if (was === undefined) return 'yes'
  if (was === is) return 'no'
  const [from, to] = [instantOf(was), instantOf(is)]
  // What cannot be ordered has changed; and an older time is an older state.
  const isOrdered = from !== undefined && to !== undefined && from.zoned === to.zoned
  return !isOrdered || to.ms > from.ms ? 'yes' : 'no'
}

function textOf(time: string | undefined): string | undefined {
  const text = time?.trim() ?? ''
  return NONE.test(text) ? undefined : text
}

const FORM =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i

/** Two without a zone are of one zone. */
function instantOf(text: string): { ms: number; zoned: boolean } | undefined {
  const found = FORM.exec(text)
  if (!found) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  const zone = found[7]
  return { ms: local - offsetMs(zone), zoned: zone !== undefined }
}

function offsetMs(zone = 'Z'): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
  return sign === '-' ? -ms : ms
}
