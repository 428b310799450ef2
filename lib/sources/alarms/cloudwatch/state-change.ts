import { sha256 } from '../../../basics/sha256.ts'
import { textOf } from '../../../basics/text-of.ts'
import type { Alarm } from '../../alarm.ts'
import { instantMs, whenOf } from '../../instant.ts'
import { severityOf } from '../../severity.ts'
import type { DeliveryItem } from '../../source.ts'
import { type NamedValue, onlyValue, unambiguous } from './dimensions.ts'

/** One change of state of one alarm, as every channel tells of it. */
export interface StateChange {
  arn: string | undefined
  /** The accounts that the event, and the topic that it came by, name beside the ARN. */
  accounts: (string | null | undefined)[]
  name: string
  state: string
  /** When it changed, as it is written. */
  at: unknown
  reason: string
  /** Why it had the state before; SNS does not say. */
  previousReason?: string | undefined
  isReplayed?: boolean
  isMuted?: boolean
  suppressedBy?: string | undefined
  /** Of an alarm over many time series: the one that changed. */
  contributor?: { id: string; attributes: NamedValue[] } | undefined
  /** Of all its metrics. */
  dimensions: NamedValue[]
  tags: NamedValue[]
}

/** The alarm, or why it is none to act on: only a change that its owner would have acted on himself. */
export function itemOf(transition: StateChange): DeliveryItem {
  const subject = textOf(transition.name)
  const place = alarmIdentityOf(transition.arn ?? '')
  const why = contradiction(transition, place) ?? notToActOn(transition)
  if (why) return { ignored: why, subject }
  if (!place) return { ignored: 'it does not say which alarm it is', subject }
  return { alarm: alarmOf(transition, place) }
}

/**
 * Whoever may publish to a topic, or put events on a bus, can write any account into them. An alarm of one account that
 * comes by the topic of another is refused, whatever its shape.
 */
function contradiction({ accounts }: StateChange, place: AlarmIdentity | undefined): string | undefined {
  const named = new Set([place?.account, ...accounts].filter((account) => account !== null && account !== undefined))
  if (named.size < 2) return undefined
  return textOf(`refused: it names several accounts, itself or by its topic: ${[...named].join(', ')}`)
}

/** EventBridge delivers also what CloudWatch itself does not act on; honouring that is ours. */
function notToActOn(transition: StateChange): string | undefined {
  const { state, suppressedBy } = transition
  if (transition.isReplayed) return 'replayed from an archive'
  if (state === 'INSUFFICIENT_DATA') return 'no data'
  // That it is over is true, also where nobody is to hear of it.
  if (state === 'OK') return undefined
  if (state !== 'ALARM') return textOf(`its state is ${state}`)
  if (suppressedBy) return textOf(`its actions are suppressed by ${suppressedBy}`)
  if (transition.isMuted) return 'it is muted'
  return isFirst(transition) ? 'it was only just created' : undefined
}

/** The first look at a new alarm: each deployment makes some, and nothing has changed. In the words of CloudWatch. */
function isFirst({ arn, reason, previousReason = '' }: StateChange): boolean {
  const isNewMetric = previousReason.startsWith('Unchecked: Initial alarm creation')
  return isNewMetric || (arn !== undefined && reason.startsWith(`${arn} was created and its alarm rule evaluates to `))
}

type AlarmIdentity = Pick<Alarm, 'identity' | 'account' | 'region'>

/** The ARN says it in one way on all channels: the region of SNS is a display name, whose spelling has changed. */
function alarmIdentityOf(arn: string): AlarmIdentity | undefined {
  const [, region, account] = /^arn:[\w-]+:cloudwatch:([\w-]{1,64}):(\w{1,64}):alarm:./s.exec(arn) ?? []
  return region === undefined || account === undefined ? undefined : { identity: textOf(arn), account, region }
}

function alarmOf(transition: StateChange, place: AlarmIdentity): Alarm {
  const { name, state, reason, contributor, dimensions } = transition
  const attributes = contributor?.attributes ?? []
  const tags = unambiguous(transition.tags)
  const atMs = instantMs(transition.at)
  return {
    source: 'cloudwatch',
    ...place,
    name: textOf(name),
    status: state === 'ALARM' ? 'firing' : 'resolved',
    // CloudWatch has none; a tag may say it.
    ...severityOf(tags.severity),
    resource: onlyValue([...dimensions, ...attributes]),
    ...whenOf(atMs, transition.at),
    dedupeKey: keyOf(transition, atMs),
    reason: textOf(reason),
    dimensions: { ...unambiguous(dimensions), ...unambiguous(attributes) },
    tags,
  }
}

/** Of what all channels tell. Not by `dedupeKeyOf`, and the time as EventBridge writes it: by that, alarms were known from the beginning. */
function keyOf({ arn, state, contributor, ...transition }: StateChange, atMs: number | undefined): string {
  const unread = typeof transition.at === 'string' ? transition.at : whenOf(atMs, transition.at).unreadTime
  const at = atMs === undefined ? unread : new Date(atMs).toISOString().replace('Z', '+0000')
  const parts = contributor ? [arn, state, at, contributor.id] : [arn, state, at]
  return sha256(parts.join('|'))
}
