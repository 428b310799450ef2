/**
 * The events of DCS that Cloud Eye knows, where more is to be known of one than its name.
 * Source: opentelekomcloud-docs/cloud-eye, umn/source/event_monitoring/events_supported_by_event_monitoring.rst
 */
export interface DcsEvent {
  /** Operations that raise it by themselves. */
  echoOf: readonly string[]
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
  ['masterStandbySwitchover', { echoOf: SWITCHES }],
  ['masterStandbyFailover', { echoOf: SWITCHES }],
  ['memcachedMasterStandbyFailover', { echoOf: SWITCHES }],
  ['redisNodeStatusAbnormal', { echoOf: SWITCHES }],
  ['redisNodeStatusNormal', { echoOf: SWITCHES, recovery: true }],
  ['memcachedInstanceStatusAbnormal', { echoOf: SWITCHES }],
  ['memcachedInstanceStatusNormal', { echoOf: SWITCHES, recovery: true }],
  ['instanceNodeAbnormalRestart', { echoOf: RESTARTS }],
  ['nodeRestarted', { echoOf: RESTARTS }],
])

/** A longer text is no event. */
const MAX_TEXT = 4000

/**
 * @param metricName where an alarm rule for events has the event's id
 * @param content what the event says; no message of an event alarm was ever published, so that the id may stand there instead
 */
export function dcsEventOf(metricName: string | undefined, content: unknown): DcsEvent | undefined {
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? '')
  const words = [metricName ?? '', ...(text.slice(0, MAX_TEXT).match(/[A-Za-z]+/g) ?? [])]
  const id = words.find((word) => DCS_EVENTS.has(word))
  return id === undefined ? undefined : DCS_EVENTS.get(id)
}
