import { Cron } from 'croner'
import type { NextStart } from './schedule.ts'

/** Croner counts `?` as the present time or day, which is another with each process. */
const FIVE_FIELDS = /^[^\s?]+( +[^\s?]+){4}$/

/** Everything that looks ahead visits each start: more than 24 a day are no maintenance window. */
const ONE_MINUTE = /^\d{1,2} /

/**
 * The starts that a cron expression gives, by the clock alone, as if it were UTC. As in cron, a day of the month and a day of
 * the week are alternatives.
 * @throws {Error} for anything but five fields, the first of which is one minute
 */
export function cronStarts(cron: string): NextStart {
  if (!FIVE_FIELDS.test(cron)) throw new Error('must have five fields: minute, hour, day, month, weekday')
  if (!ONE_MINUTE.test(cron)) throw new Error('the minute must be one number: a window starts once an hour at most')
  const job = new Cron(cron, { timezone: 'UTC', mode: '5-part' })
  return (afterMs) => job.nextRun(new Date(afterMs))?.getTime()
}
