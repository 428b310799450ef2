/** An instant of a run in the compact form: seconds after the run was created, to the millisecond. */

/** @returns the seconds; what is no instant stays as it is */
export function secondsAfter(createdMs: number, instant: unknown): unknown {
  const seconds = (Date.parse(String(instant)) - createdMs) / 1000
  return Number.isFinite(seconds) ? seconds : instant
}

/** @returns the instant (ISO 8601); what are no seconds stays as it is */
export function instantAfter(createdMs: number, seconds: unknown): unknown {
  return typeof seconds === 'number' ? new Date(createdMs + Math.round(seconds * 1000)).toISOString() : seconds
}
