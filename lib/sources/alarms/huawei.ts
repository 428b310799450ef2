import * as z from 'zod'
import { sha256 } from '../../basics/sha256.ts'
import { OptionalSetting } from '../settings.ts'
import { type DeliveryItem, webhookSource } from '../source.ts'
import { readCloudEyeAlarm } from './huawei/alarm.ts'
import { createCertificateCache } from './huawei/smn/certificate-cache.ts'
import { Envelope, readEnvelope } from './huawei/smn/envelope.ts'
import { Certificates, SigningKeyPem } from './huawei/smn/settings.ts'
import { signatureOf } from './huawei/smn/signature.ts'
import { Topics } from './huawei/smn/topic.ts'
import { verifySmn } from './huawei/smn/verify.ts'
import { readConfirmation } from './huawei/subscription.ts'

const Settings = z.object({
  WEBHOOK_HUAWEI_TOPICS: Topics.describe(
    'The SMN topics whose messages are taken, by comma: `urn:smn:<region>:<project>:<topic>`',
  ),
  HUAWEI_SMN_CERTIFICATE: OptionalSetting(Certificates).describe(
    'PEM of the certificate that SMN signs with, or of two while one is replaced: then none is fetched',
  ),
  HUAWEI_SMN_SIGNING_KEY: OptionalSetting(SigningKeyPem).describe(
    'PEM of a key that signs in the place of SMN: only for `npm run send`, on a machine of its own',
  ),
})

/** Huawei Cloud Eye, through Simple Message Notification. It has a memory of its own for certificates. */
export function createHuawei() {
  const fetched = createCertificateCache()
  return webhookSource({
    name: 'huawei',
    kind: 'alarm',
    settings: Settings,
    secrets: {
      HUAWEI_SMN_SIGNING_KEY: {
        use: 'signs',
        lets: 'send any alarm of the topics, where `HUAWEI_SMN_CERTIFICATE` belongs to this key',
      },
    },
    says: {
      verifiedBy: "SMN's signature (RSA, by the certificate of the topic's region) and the topic; 26 h",
      dedupedBy: '`message_id`, which is signed; alarm, metric, dimension or resource, status and time',
      ignores: 'plain text, templates without `alarm_id`, no data, repeats of an alarm, cancelled subscriptions',
      knownFrom: 'captures',
    },
    verify: (delivery, { WEBHOOK_HUAWEI_TOPICS: topics, HUAWEI_SMN_CERTIFICATE: certificates }, fetchText) =>
      verifySmn(delivery, { topics, certificates, fetched }, fetchText),
    identifiedBy: 'id',
    read: (
      payload,
      _delivery,
      { WEBHOOK_HUAWEI_TOPICS: topics },
      fetchText,
    ): DeliveryItem[] | Promise<DeliveryItem[]> => {
      const envelope = readEnvelope(payload)
      const topic = topics.find(({ urn }) => urn === envelope.topic_urn)
      if (!topic) return [{ ignored: 'of a topic that is not configured', subject: envelope.topic_urn }]
      if (envelope.type === 'Notification') return [readCloudEyeAlarm(envelope, topic)]
      return readConfirmation(envelope, topic, fetchText).then((reading) => [reading])
    },
    sign: (body, { HUAWEI_SMN_SIGNING_KEY: keyPem }, as) => signed(body, keyPem, as),
  })
}

export const huawei = createHuawei()

/** The id of each message has 32 hexadecimal digits. */
const ID_LENGTH = 32

/** Id, time and signature stand in the body. @throws {Error} without a key: SMN's own is SMN's alone */
function signed(
  body: string,
  keyPem: string | undefined,
  as: { id: string; atMs: number },
): { headers: Record<string, string>; body: string } {
  if (keyPem === undefined) throw new Error('only SMN signs for SMN: HUAWEI_SMN_SIGNING_KEY is not set')
  const unsigned = z.record(z.string(), z.unknown()).parse(JSON.parse(body))
  const message = {
    ...unsigned,
    message_id: sha256(as.id).slice(0, ID_LENGTH),
    timestamp: new Date(as.atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  const envelope = Envelope.parse({ ...message, signature: 'AAAA' })
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-smn-message-type': envelope.type,
      'x-smn-message-id': envelope.message_id,
      'x-smn-topic-urn': envelope.topic_urn,
    },
    body: JSON.stringify({ ...message, signature: signatureOf(envelope, keyPem) }, null, 2),
  }
}
