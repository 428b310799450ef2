/**
 * A DCS event of Cloud Eye that needs more than its name.
 * Source: opentelekomcloud-docs/cloud-eye, umn/source/event_monitoring/events_supported_by_event_monitoring.rst
 */
export interface DcsEvent {
  /** Operations that raise the event themselves. */
  duringOwnRun: readonly string[]
  /** The event reports that another has ended. */
  recovery?: true
}

const RESTARTS = [
  'dcs.instance.restart',
  'dcs.instance.soft-restart',
  'dcs.instance.stop',
  'dcs.instance.start',
  'dcs.node.stop',
  'dcs.node.start',
]

/** Restarting an instance of two nodes also switches them over (user manual, "Restarting an Instance"). */
const SWITCHES = ['dcs.instance.swap', 'dcs.shard.failover', ...RESTARTS]

/** No document says whether a demoted node counts as abnormal. The table assumes it, so that no swap starts another. */
export const DCS_EVENTS: ReadonlyMap<string, DcsEvent> = new Map([
  ['masterStandbySwitchover', { duringOwnRun: SWITCHES }],
  ['masterStandbyFailover', { duringOwnRun: SWITCHES }],
  ['memcachedMasterStandbyFailover', { duringOwnRun: SWITCHES }],
  ['redisNodeStatusAbnormal', { duringOwnRun: SWITCHES }],
  ['redisNodeStatusNormal', { duringOwnRun: SWITCHES, recovery: true }],
  ['memcachedInstanceStatusAbnormal', { duringOwnRun: SWITCHES }],
  ['memcachedInstanceStatusNormal', { duringOwnRun: SWITCHES, recovery: true }],
  ['instanceNodeAbnormalRestart', { duringOwnRun: RESTARTS }],
  ['nodeRestarted', { duringOwnRun: RESTARTS }],
])

/**
 * Finds an event by its whole id; a text that merely contains an id is not that event.
 * @param metricName alarm rules for events have the event's id here
 * @param named the id in the event's content; no document shows a message of an event alarm
 */
export function dcsEventOf(metricName: string | undefined, named: string | undefined): DcsEvent | undefined {
  const id = [metricName, named].find((name) => name !== undefined && DCS_EVENTS.has(name))
  return id === undefined ? undefined : DCS_EVENTS.get(id)
}
