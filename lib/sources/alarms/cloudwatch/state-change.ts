import { sha256 } from '../../../basics/sha256.ts'
import { textOf } from '../../../basics/text-of.ts'
import type { Alarm } from '../../alarm.ts'
import { instantMs, whenOf } from '../../instant.ts'
import { severityOf } from '../../severity.ts'
import type { DeliveryItem } from '../../source.ts'
import { type NamedValue, onlyValue, unambiguous } from './dimensions.ts'

/** The SNS topic that an event came by; empty if it came otherwise. */
export interface SnsTopic {
  arn: string
  account: string | undefined
}

/** One change of state of one alarm, as every channel reports it. */
export interface StateChange {
  arn: string | undefined
  /** The accounts named by the event and by its topic, beside the one in the ARN. */
  accounts: (string | null | undefined)[]
  name: string
  state: string
  /** Time of the change, as written. */
  at: unknown
  reason: string
  /** Reason for the state before; absent in SNS messages. */
  previousReason?: string | undefined
  isReplayed?: boolean
  isMuted?: boolean
  suppressedBy?: string | undefined
  /** For an alarm on many time series: the one that changed. */
  contributor?: { id: string; attributes: NamedValue[] } | undefined
  /** Dimensions of all metrics. */
  dimensions: NamedValue[]
  tags: NamedValue[]
}

/** The alarm, or the reason to ignore it. CloudWatch itself would run actions only for the changes that are accepted here. */
export function itemOf(change: StateChange): DeliveryItem {
  const subject = textOf(change.name)
  const identity = alarmIdentityOf(change.arn ?? '')
  const ignored = contradiction(change, identity) ?? ignoredState(change)
  if (ignored) return { ignored, subject }
  if (!identity) return { ignored: 'it does not say which alarm it is', subject }
  return { alarm: alarmOf(change, identity) }
}

/**
 * Anybody who may publish to a topic, or put events on a bus, can write any account into them. An alarm of one account that
 * comes by the topic of another is refused, whatever its shape.
 */
function contradiction({ accounts }: StateChange, identity: AlarmIdentity | undefined): string | undefined {
  const named = new Set([identity?.account, ...accounts].filter((account) => account !== null && account !== undefined))
  if (named.size < 2) return undefined
  return textOf(`refused: the event, its ARN and its topic name several accounts: ${[...named].join(', ')}`)
}

/** EventBridge delivers changes for which CloudWatch itself runs no action. @returns the reason to ignore one */
function ignoredState(change: StateChange): string | undefined {
  const { state, suppressedBy } = change
  if (change.isReplayed) return 'replayed from an archive'
  if (state === 'INSUFFICIENT_DATA') return 'no data'
  // A recovery is true even if the alarm is muted or suppressed.
  if (state === 'OK') return undefined
  if (state !== 'ALARM') return textOf(`the state is ${state}`)
  if (suppressedBy) return textOf(`its actions are suppressed by ${suppressedBy}`)
  if (change.isMuted) return 'the alarm is muted'
  return isFirst(change) ? 'the alarm was just created' : undefined
}

/** The first evaluation of a new alarm changes nothing; each deployment causes some. The texts are CloudWatch's. */
function isFirst({ arn, reason, previousReason = '' }: StateChange): boolean {
  const isNewMetric = previousReason.startsWith('Unchecked: Initial alarm creation')
  return isNewMetric || (arn !== undefined && reason.startsWith(`${arn} was created and its alarm rule evaluates to `))
}

type AlarmIdentity = Pick<Alarm, 'identity' | 'account' | 'region'>

/** The ARN is equal on all channels. SNS has the region as a display name, whose spelling has changed. */
function alarmIdentityOf(arn: string): AlarmIdentity | undefined {
  const [, region, account] = /^arn:[\w-]+:cloudwatch:([\w-]{1,64}):(\w{1,64}):alarm:./s.exec(arn) ?? []
  return region === undefined || account === undefined ? undefined : { identity: textOf(arn), account, region }
}

function alarmOf(change: StateChange, identity: AlarmIdentity): Alarm {
  const { name, state, reason, contributor, dimensions } = change
  const attributes = contributor?.attributes ?? []
  const tags = unambiguous(change.tags)
  const atMs = instantMs(change.at)
  return {
    source: 'cloudwatch',
    ...identity,
    name: textOf(name),
    status: state === 'ALARM' ? 'firing' : 'resolved',
    // CloudWatch has no severity; a tag may give one.
    ...severityOf(tags.severity),
    resource: onlyValue([...dimensions, ...attributes]),
    ...whenOf(atMs, change.at),
    dedupeKey: keyOf(change, atMs),
    reason: textOf(reason),
    dimensions: { ...unambiguous(dimensions), ...unambiguous(attributes) },
    tags,
  }
}

/**
 * Built from the fields that every channel has. Without `dedupeKeyOf`, and with the time as EventBridge writes it, keys stay
 * equal to those of earlier releases.
 */
function keyOf({ arn, state, contributor, ...change }: StateChange, atMs: number | undefined): string {
  const unread = typeof change.at === 'string' ? change.at : whenOf(atMs, change.at).unreadTime
  const at = atMs === undefined ? unread : new Date(atMs).toISOString().replace('Z', '+0000')
  const parts = contributor ? [arn, state, at, contributor.id] : [arn, state, at]
  return sha256(parts.join('|'))
}
