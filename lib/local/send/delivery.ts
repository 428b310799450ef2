import type { WebhookSource } from '../../sources/source.ts'
import { SOURCES } from '../../sources/sources.ts'
import { savedApiToken } from '../api-token.ts'
import { dataDirOf } from '../data-dir.ts'
import { type Recipient, settingsAt } from './recipient.ts'
import type { Sample } from './samples.ts'
import { movedToNow } from './shift-times.ts'

/** A sample as its source would send it now. */
export interface SentDelivery {
  source: string
  url: string
  headers: Record<string, string>
  body: string
  /** How much later its times are than in the sample. */
  movedByMs: number
}

export interface Sending {
  sample: Sample
  recipient: Recipient
  environment: Readonly<Record<string, string | undefined>>
  nowMs: number
  /** The sender's own, the same for every retry. */
  id: string
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** @throws {Error} where it cannot be sent like this; the message says how else */
export function deliveryOf(sending: Sending): SentDelivery {
  const { source: name } = sending.sample
  const source = SOURCES.get(name)
  if (source) return webhook(sending, source)
  if (name === 'cloudwatch') return awsEvent(sending, name)
  throw new Error(`there is no source ${name} of webhooks`)
}

function webhook({ sample, recipient, environment, nowMs, id }: Sending, source: WebhookSource): SentDelivery {
  const settings = settingsAt(recipient, source, environment)
  const { text, byMs } = movedToNow(sample.text, nowMs, source.zone?.(settings))
  const { headers, query, body = text } = source.sign(text, settings, { id, atMs: nowMs })
  return {
    source: source.name,
    url: `${recipient.base}/webhooks/${source.name}${query ? `?${query}` : ''}`,
    headers: { ...JSON_TYPE, ...headers },
    body,
    movedByMs: byMs,
  }
}

const ONLY_AWS = `alarms of CloudWatch reach a stack on AWS by AWS alone (nobody else may put events of aws.cloudwatch). Have one sent there:
  aws cloudwatch set-alarm-state --alarm-name <name> --state-value ALARM --state-reason 'trying it out'
  aws sns publish --topic-arn <AlarmsTopicArn> --message file://<the Message of a sample of SNS>`

/** On one machine, `POST /events` takes the place of EventBridge, SNS and alarm actions. */
function awsEvent({ sample, recipient, environment, nowMs }: Sending, source: string): SentDelivery {
  if (!recipient.isThisMachine) throw new Error(ONLY_AWS)
  const { text, byMs } = movedToNow(sample.text, nowMs)
  return {
    source,
    url: `${recipient.base}/events`,
    headers: { ...JSON_TYPE, ...bearer(recipient, environment) },
    body: text,
    movedByMs: byMs,
  }
}

/**
 * The authorization that all requests but webhooks need: `API_TOKEN`, or the token that `npm start` made. The latter is sent to
 * this machine only.
 * @throws {Error} where others may read its file
 */
export function bearer({ isThisMachine }: Recipient, environment: Sending['environment']): Record<string, string> {
  const token = environment.API_TOKEN || (isThisMachine ? savedApiToken(dataDirOf(environment)) : undefined)
  return token ? { authorization: `Bearer ${token}` } : {}
}
