import { RRuleTemporal } from 'rrule-temporal'
import type { NextStart } from './schedule.ts'

const LINES = /^\s*DTSTART:(\d{8}T\d{6})\s+RRULE:(\S+)\s*$/

const FORM =
  'must be DTSTART:<YYYYMMDDThhmmss> and RRULE:<parts>, a line each, such as DTSTART:20260130T220000 and ' +
  'RRULE:FREQ=MONTHLY;BYDAY=-1FR; times are those of the zone, without Z or TZID'

/** The numbers that a part may have. The library ignores some wrong ones. */
const NUMBERS: Readonly<Record<string, { max: number; min?: number; isSigned?: true; isOne?: true }>> = {
  INTERVAL: { max: 1000, isOne: true },
  COUNT: { max: 10_000, isOne: true },
  // Everything that looks ahead visits each start: a window starts once an hour at most.
  BYMINUTE: { min: 0, max: 59, isOne: true },
  BYHOUR: { min: 0, max: 23 },
  BYMONTH: { max: 12 },
  BYMONTHDAY: { max: 31, isSigned: true },
  BYYEARDAY: { max: 366, isSigned: true },
  BYWEEKNO: { max: 53, isSigned: true },
  BYSETPOS: { max: 366, isSigned: true },
}

/** Parts that hold no numbers. The library refuses all other days. */
const TEXTS: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  UNTIL: /^\d{8}T\d{6}$/,
  BYDAY: /^[-+0-9A-Z,]+$/,
  WKST: /^[A-Z]{2}$/,
}

/** 270 years of days: the rarest start that two parts still have in common. */
const MAX_DAYS = 100_000

/**
 * The starts that a recurrence rule of RFC 5545 gives, by the clock alone, as if it were UTC. Without DTSTART, a rule has no
 * first day and no time of day; RFC 5545 leaves undefined what follows from a DTSTART that is not on its own rule.
 * @throws {Error} naming the part that is wrong
 */
export function rruleStarts(rrule: string): NextStart {
  const [, first = '', parts = ''] = LINES.exec(rrule) ?? []
  if (first === '') throw new Error(FORM)
  checkParts(parts.split(';').map((part) => part.split('=')))
  const rule = new RRuleTemporal({
    rruleString: `DTSTART:${first}Z\nRRULE:${parts.replace(/UNTIL=\w+/, '$&Z')}`,
    tzid: 'UTC',
    strict: true,
    maxIterations: MAX_DAYS,
  })
  const nextStart: NextStart = (afterMs) => rule.next(new Date(afterMs))?.epochMilliseconds
  const firstMs = rule.options().dtstart.epochMilliseconds
  if (nextStart(firstMs - 1) !== firstMs) throw new Error(`DTSTART:${first} is not a start of its own rule`)
  return nextStart
}

function checkParts(parts: string[][]): void {
  const names = parts.map(([name = '']) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw new Error(`${twice} is given twice`)
  for (const [name = '', value = ''] of parts) {
    const isKnown = Object.hasOwn(NUMBERS, name) || Object.hasOwn(TEXTS, name)
    if (!isKnown)
      throw new Error(`${name} is not known; one of ${[...Object.keys(TEXTS), ...Object.keys(NUMBERS)].join(', ')}`)
    if (!isFine(name, value)) throw new Error(`${name}=${value} is not possible here`)
  }
}

function isFine(name: string, value: string): boolean {
  const numbers = NUMBERS[name]
  if (!numbers) return TEXTS[name]?.test(value) ?? false
  const { max, min = 1, isSigned, isOne } = numbers
  const all = value.split(',')
  return (
    (!isOne || all.length === 1) &&
    all.every((one) => {
      const count = Number(isSigned ? one.replace(/^[-+]/, '') : one)
      return /^[-+]?\d{1,5}$/.test(one) && count >= min && count <= max
    })
  )
}
