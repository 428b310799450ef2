import type { Calendar, NamedSchedule } from './calendar.ts'
import type { Schedule } from './schedule.ts'
import type { Verdict, WindowRule } from './verdict.ts'
import { zonedTimeText } from './zoned-time.ts'

/** The guard of windows: times in which a rule's runs may start, or may not. */

/** How far the guard looks ahead: a rule that is not open within a year is wrong, or meant to stop. */
const AHEAD_MS = 366 * 86_400_000

/** Whether a rule's windows allow a start now; otherwise when they do. A window that is not known any more allows nothing. */
export function windowVerdict(rule: WindowRule, calendar: Calendar, nowMs: number): Verdict {
  const unknown = [...rule.only, ...rule.never].find((name) => !calendar.has(name))
  if (unknown !== undefined) return refusal(`there is no window ${unknown}`)
  const only = rule.only.flatMap((name) => calendar.get(name) ?? [])
  const never = rule.never.flatMap((name) => calendar.get(name) ?? [])
  const untilMs = firstAllowed({ only, never }, nowMs)
  if (untilMs === nowMs) return { guard: 'window', says: 'allow', reason: 'its windows allow it' }
  const { text, namedMs } = blockedText({ only, never }, nowMs)
  if (untilMs === undefined) return refusal(`${text}; nothing is allowed within a year`)
  const [{ zone } = { zone: 'UTC' }] = [...only, ...never]
  const reason = namedMs === untilMs ? text : `${text}; allowed from ${zonedTimeText(untilMs, zone)}`
  if (rule.outside === 'refuse') return refusal(reason)
  return { guard: 'window', says: 'wait', reason, until: new Date(untilMs).toISOString() }
}

function refusal(reason: string): Verdict {
  return { guard: 'window', says: 'refuse', reason }
}

interface Named {
  only: readonly NamedSchedule[]
  never: readonly NamedSchedule[]
}

function firstAllowed({ only, never }: Named, nowMs: number): number | undefined {
  const limitMs = nowMs + AHEAD_MS
  let atMs = nowMs
  while (atMs <= limitMs) {
    const laterMs: number | undefined = lastToClose(never, atMs, limitMs) ?? firstOpen(only, atMs)
    if (laterMs === undefined || laterMs === atMs) return laterMs
    atMs = laterMs
  }
  return undefined
}

/** When the last of those that are open closes; undefined if none is open. */
function lastToClose(all: readonly Schedule[], atMs: number, limitMs: number): number | undefined {
  const open = all.filter((one) => one.opens(atMs) === atMs)
  return open.length > 0 ? Math.max(...open.map((one) => one.closes(atMs, limitMs))) : undefined
}

/** A rule that names no window of `only` is always within them. */
function firstOpen(only: readonly NamedSchedule[], atMs: number): number | undefined {
  return only.length === 0 ? atMs : firstToOpen(only, atMs)?.opensMs
}

function firstToOpen(all: readonly NamedSchedule[], atMs: number) {
  const opening = all.flatMap((window) => {
    const opensMs = window.opens(atMs)
    return opensMs === undefined ? [] : [{ window, opensMs }]
  })
  return opening.sort((a, b) => a.opensMs - b.opensMs)[0]
}

/** Why nothing may start now. @returns `namedMs`: the latest moment that the text has, if any */
function blockedText({ only, never }: Named, nowMs: number): { text: string; namedMs: number } {
  const forbidding = never
    .filter((one) => one.opens(nowMs) === nowMs)
    .map((one) => ({ ...one, untilMs: one.closes(nowMs, nowMs + AHEAD_MS) }))
  const forbidden = forbidding.map(({ name, zone, reason, untilMs }) => {
    const because = reason === undefined ? '' : `: ${reason}`
    return `window ${name} forbids it until ${zonedTimeText(untilMs, zone)}${because}`
  })
  const next = firstToOpen(only, nowMs)
  const isOutside = only.length > 0 && next?.opensMs !== nowMs
  const outside = isOutside
    ? [`outside window${only.length > 1 ? 's' : ''} ${only.map(({ name }) => name).join(', ')}`]
    : []
  // That a window opens says nothing while another forbids it.
  const opening = isOutside && next && forbidding.length === 0 ? next : undefined
  const which = only.length > 1 ? opening?.window.name : 'it'
  const opens = opening ? [`${which} opens ${zonedTimeText(opening.opensMs, opening.window.zone)}`] : []
  return {
    text: [...forbidden, ...outside, ...opens].join('; '),
    namedMs: opening?.opensMs ?? Math.max(...forbidding.map(({ untilMs }) => untilMs)),
  }
}

/** A window as people see it. */
export interface WindowView {
  name: string
  isOpen: boolean
  /** ISO 8601: when it closes, or opens next. Absent if it never opens again, or stays open for a year. */
  changesAt?: string
  reason?: string
}

/** All windows, for people: whether each is open, and until when. */
export function windowsNow(calendar: Calendar, nowMs: number): WindowView[] {
  return [...calendar.values()].map(({ name, reason, opens, closes }) => {
    const opensMs = opens(nowMs)
    const isOpen = opensMs === nowMs
    const limitMs = nowMs + AHEAD_MS
    const closesMs = isOpen ? closes(nowMs, limitMs) : undefined
    const changesMs = isOpen ? closesMs : opensMs
    return {
      name,
      isOpen,
      ...(changesMs === undefined || (isOpen && changesMs > limitMs)
        ? {}
        : { changesAt: new Date(changesMs).toISOString() }),
      ...(reason === undefined ? {} : { reason }),
    }
  })
}
