import { type Calendar, calendarOf, type Windows } from './calendar.ts'
import type { Judge } from './judging.ts'
import type { Verdict } from './verdict.ts'
import { windowVerdict } from './windows.ts'

/** Loading a calendar takes tens of milliseconds: once for the rules of a process. */
const calendars = new WeakMap<Windows, Promise<Calendar>>()

function calendarIn(windows: Windows): Promise<Calendar> {
  const known = calendars.get(windows) ?? calendarOf(windows)
  calendars.set(windows, known)
  return known
}

/** The windows of a run's rule, and those of the groups of its resource: all must allow it, unless a person overrides them. */
export const judgeWindows: Judge = async ({ ports, settings: { windows = NONE }, subject: { run, groups } }) => {
  const named = [run.windows, ...groups.map(([, group]) => group.windows)].filter((one) => one !== undefined)
  if (named.length === 0) return undefined
  const calendar = await calendarIn(windows)
  const verdicts = named.map((rule) => windowVerdict(rule, calendar, ports.clock()))
  const against = verdicts.filter(({ says }) => says !== 'allow')
  if (run.override && against.length > 0) return overridden(against, run.override)
  return against.length > 0 ? against : verdicts.slice(0, 1)
}

const NONE: Windows = {}

function overridden(against: readonly Verdict[], { by, reason }: { by: string; reason: string }): Verdict {
  const what = against.map((one) => one.reason).join('; ')
  return { guard: 'window', says: 'allow', reason: `${what}; overridden by ${by}: ${reason}` }
}
