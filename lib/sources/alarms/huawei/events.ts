/**
 * The events of DCS that Cloud Eye knows, where more is to be known of one than its name.
 * Source: opentelekomcloud-docs/cloud-eye, umn/source/event_monitoring/events_supported_by_event_monitoring.rst
 */
export interface DcsEvent {
  /** Operations that raise it by themselves. */
  duringOwnRun: readonly string[]
  /** It tells that another has ended. */
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

/** Restarting an instance of two nodes switches them over, too (the user manual, "Restarting an Instance"). */
const SWITCHES = ['dcs.instance.swap', 'dcs.shard.failover', ...RESTARTS]

/** Whether a node that is demoted counts as abnormal is said nowhere: so that no swap starts a swap, it may. */
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
 * An event's id is compared as a whole: a text in which one occurs, among other words or letters, is not that event.
 * @param metricName where an alarm rule for events has the event's id
 * @param named the id that the event's content says instead; no message of an event alarm was ever published
 */
export function dcsEventOf(metricName: string | undefined, named: string | undefined): DcsEvent | undefined {
  const id = [metricName, named].find((name) => name !== undefined && DCS_EVENTS.has(name))
  return id === undefined ? undefined : DCS_EVENTS.get(id)
}
