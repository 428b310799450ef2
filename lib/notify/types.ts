import type { AnnouncementType } from '../runs/guards/announcement.ts'
import type { FinalState } from '../runs/states.ts'
import type { SchemaName } from './data.ts'

/** A type of event, as the page lists it. */
interface EventType {
  says: string
  /** The content of `subject`. */
  subject: string
  schema: SchemaName
}

const ends = (says: string): EventType => ({ says, subject: 'its resource', schema: 'run-ended.v1' })

const RUN_ENDS: Record<FinalState, EventType> = {
  succeeded: ends('a run has ended, and the resource shows it'),
  failed: ends('the cloud refused a run, or reports that it failed'),
  'timed-out': ends('the deadline of a run came before its end was seen'),
  unknown: ends('nobody can tell whether a run began'),
  refused: ends('a run was accepted, and refused before anything was sent'),
  cancelled: ends('a run was cancelled before anything was sent'),
}

const ANNOUNCED: Record<AnnouncementType, Omit<EventType, 'schema'>> = {
  'episode.exhausted': { says: 'all that a rule may do was tried, and the alarm still fires', subject: 'the resource' },
  'rule.disarmed': { says: 'a rule did not help so often that it stops', subject: '`rule/<name>`' },
  'rule.armed': { says: 'a disarmed rule acts again', subject: '`rule/<name>`' },
  'storm.began': { says: 'so many resources ask that alarms start nothing in a group', subject: '`group/<name>`' },
  'storm.ended': { says: 'alarms start runs in a group again', subject: '`group/<name>`' },
  'breaker.opened': { says: 'runs fail so often that alarms start no more', subject: '`rule/…` or `operation/…`' },
  'breaker.closed': { says: 'a run has succeeded again', subject: '`rule/…` or `operation/…`' },
  'pause.began': { says: 'somebody paused new sends', subject: '`pause/<id>`' },
  'pause.used': { says: 'a pause keeps its first run waiting', subject: '`pause/<id>`' },
  'pause.ended': { says: 'a pause was taken back, or has lapsed', subject: '`pause/<id>`' },
}

const RUN = 'dev.steadyhand.run'

/** Every type of event. Their order is that of the page. */
export const EVENT_TYPES: Readonly<Record<string, EventType>> = {
  ...Object.fromEntries(Object.entries(RUN_ENDS).map(([state, type]) => [`${RUN}.${state}`, type])),
  [`${RUN}.slow`]: { says: 'a run takes longer than 99 of 100 did', subject: 'its resource', schema: 'run-slow.v1' },
  'dev.steadyhand.request.refused': {
    says: 'an alarm or ticket fitted a rule, but no run can start',
    subject: 'the alarm or ticket',
    schema: 'request-refused.v1',
  },
  'dev.steadyhand.limit.reached': {
    says: 'a limit of alarms is used up',
    subject: 'the resource, `rule/<name>`, or `caller/<entry>/<hash>` of a budget',
    schema: 'limit-reached.v1',
  },
  ...Object.fromEntries(
    Object.entries(ANNOUNCED).map(([type, one]) => [
      `dev.steadyhand.${type}`,
      { ...one, schema: 'announced.v1' as const },
    ]),
  ),
  'dev.steadyhand.message.dead-lettered': {
    says: 'a queue gave a message up',
    subject: 'its run, or its queue',
    schema: 'message-dead-lettered.v1',
  },
}

export function runEndedType(state: string): string {
  return `${RUN}.${state}`
}
