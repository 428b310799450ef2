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
    'The SMN topics whose messages are accepted, separated by commas: `urn:smn:<region>:<project>:<topic>`',
  ),
  HUAWEI_SMN_CERTIFICATE: OptionalSetting(Certificates).describe(
    'PEM of the certificate that SMN signs with, or of two while one is replaced; if set, none is fetched',
  ),
  HUAWEI_SMN_SIGNING_KEY: OptionalSetting(SigningKeyPem).describe(
    'PEM of a key that signs in place of SMN; only for `npm run send`, on a machine of its own',
  ),
})

/** Huawei Cloud Eye, through Simple Message Notification (SMN). Each instance has its own certificate cache. */
export function createHuawei() {
  const fetched = createCertificateCache()
  return webhookSource({
    name: 'huawei',
    kind: 'alarm',
    settings: Settings,
    secrets: {
      HUAWEI_SMN_SIGNING_KEY: {
        use: 'signs',
        lets: 'send any alarm of the topics, if `HUAWEI_SMN_CERTIFICATE` belongs to this key',
      },
    },
    says: {
      verifiedBy: "SMN's signature (RSA, with the certificate of the topic's region) and the topic; 26 h",
      dedupedBy: '`message_id`, which is signed; alarm, metric, dimension or resource, status and time',
      ignores: 'plain text; templates without `alarm_id`; no data; repeats of an alarm; cancelled subscriptions',
      knownFrom: 'captures',
    },
    verify: (request, { WEBHOOK_HUAWEI_TOPICS: topics, HUAWEI_SMN_CERTIFICATE: certificates }, fetchText) =>
      verifySmn(request, { topics, certificates, fetched }, fetchText),
    identifiedBy: 'id',
    read: (payload, { settings }, fetchText): DeliveryItem[] | Promise<DeliveryItem[]> => {
      const envelope = readEnvelope(payload)
      const topic = settings.WEBHOOK_HUAWEI_TOPICS.find(({ urn }) => urn === envelope.topic_urn)
      if (!topic) return [{ ignored: 'the topic is not configured', subject: envelope.topic_urn }]
      if (envelope.type === 'Notification') return [readCloudEyeAlarm(envelope, topic)]
      return readConfirmation(envelope, topic, fetchText).then((item) => [item])
    },
    sign: (body, { HUAWEI_SMN_SIGNING_KEY: keyPem }, delivery) => signed(body, keyPem, delivery),
  })
}

export const huawei = createHuawei()

/** Message ids have 32 hexadecimal digits. */
const ID_LENGTH = 32

/** Puts id, time and signature into the body. @throws {Error} without a key: nobody else has SMN's own */
function signed(
  body: string,
  keyPem: string | undefined,
  { id, atMs }: { id: string; atMs: number },
): { headers: Record<string, string>; body: string } {
  if (keyPem === undefined) throw new Error('only SMN signs for SMN: HUAWEI_SMN_SIGNING_KEY is not set')
  const unsigned = z.record(z.string(), z.unknown()).parse(JSON.parse(body))
  const message = {
    ...unsigned,
    message_id: sha256(id).slice(0, ID_LENGTH),
    timestamp: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
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
