import { constants, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../../../lib/sources/alarms/huawei/smn/certificate.ts'
import { Envelope } from '../../../../lib/sources/alarms/huawei/smn/envelope.ts'
import { isSignedBy, signedFields, signedText } from '../../../../lib/sources/alarms/huawei/smn/signature.ts'
import { createHuawei } from '../../../../lib/sources/alarms/huawei.ts'
import { UnreachableError } from '../../../../lib/sources/fetch-text.ts'
import type { WebhookRequest } from '../../../../lib/sources/source.ts'
import { SignatureError } from '../../../../lib/sources/verify/signature-error.ts'
import { changed, deliver, NOW, noWeb, other, own, sampleOf, settingsOf, TOPIC, web } from './fixture.ts'

const HOUR_MS = 3600 * 1000
const SAMPLES = ['alarm', 'plain-text', 'subscription-confirmation', 'unsubscribe-confirmation']

/** The delivery with fields of its body changed after it was signed. */
function tampered(delivery: WebhookRequest, fields: Record<string, unknown>): WebhookRequest {
  const body = JSON.stringify({ ...JSON.parse(delivery.body.toString()), ...fields })
  return { ...delivery, body: Buffer.from(body) }
}

const verify = async (delivery: WebhookRequest, given: Record<string, string> = {}, fetchText = web().fetchText) =>
  createHuawei().verify(delivery, settingsOf(given), fetchText)

test.for(SAMPLES)('%s as SMN would send it is verified, and gives its id', async (name) => {
  const delivery = deliver(sampleOf(name))
  const { message_id } = JSON.parse(delivery.body.toString())
  expect(await verify(delivery)).toBe(message_id)
  expect(message_id).toMatch(/^[0-9a-f]{32}$/)
})

test.for([
  ['the same id', 'one', true],
  ['another id', 'two', false],
] as const)('the id of the message distinguishes %s', ([, id, isSame]) => {
  const sent = (as: string) => deliver(sampleOf('alarm'), { id: as }).headers['x-smn-message-id']
  expect(sent(id) === sent('one')).toBe(isSame)
})

test('each signed field is a line of its name and one of its value', () => {
  const envelope = Envelope.parse({ ...JSON.parse(sampleOf('plain-text')), subject: 'caches', message: 'two\nlines' })
  expect(signedText(signedFields(envelope))).toBe(
    `message\ntwo\nlines\nmessage_id\n5c1a90e7b3d64f28967d0e2f48ac7b31\nsubject\ncaches\ntimestamp\n2026-11-20T03:12:00Z\ntopic_urn\n${TOPIC}\ntype\nNotification\n`,
  )
})

test.for([
  ['no subject', undefined],
  ['a subject that is null', null],
  ['an empty subject', ''],
])('%s is not signed', async ([, subject]) => {
  expect(await verify(deliver(changed('alarm', { subject })))).toMatch(/^[0-9a-f]{32}$/)
})

test.for([
  ['left out', ''],
  ['signed as it is', 'subject\n\n'],
])('an empty subject may be %s', ([, subject = '']) => {
  const envelope = Envelope.parse({ ...JSON.parse(sampleOf('plain-text')), message: 'text', subject: '' })
  const text = `message\ntext\nmessage_id\n5c1a90e7b3d64f28967d0e2f48ac7b31\n${subject}timestamp\n2026-11-20T03:12:00Z\ntopic_urn\n${TOPIC}\ntype\nNotification\n`
  const signature = sign('sha256', Buffer.from(text), own.key).toString('base64')
  expect(isSignedBy({ ...envelope, signature }, readCertificate(own.certificate))).toBe(true)
})

test.for([
  ['PKCS #1 v1.5 and SHA-256', true, 'sha256', constants.RSA_PKCS1_PADDING],
  ['PSS', false, 'sha256', constants.RSA_PKCS1_PSS_PADDING],
  ['SHA-1', false, 'sha1', constants.RSA_PKCS1_PADDING],
  ['another SHA-2 than the certificate has', false, 'sha512', constants.RSA_PKCS1_PADDING],
] as const)('a signature of the right key by %s matches: %s', ([, fits, digest, padding]) => {
  const envelope = Envelope.parse(JSON.parse(deliver(sampleOf('alarm')).body.toString()))
  const text = Buffer.from(signedText(signedFields(envelope)))
  const signature = sign(digest, text, { key: own.key, padding }).toString('base64')
  expect(isSignedBy({ ...envelope, signature }, readCertificate(own.certificate))).toBe(fits)
})

test('a certificate that is configured is all that counts, and none is fetched', async () => {
  const delivery = tampered(deliver(sampleOf('alarm')), { signing_cert_url: undefined })
  expect(await verify(delivery, { HUAWEI_SMN_CERTIFICATE: own.certificate }, noWeb)).toMatch(/^[0-9a-f]{32}$/)
})

test.for([
  ['the second of two', `${other.certificate}${own.certificate}`],
  ['one with its line feeds spelled out', own.certificate.replaceAll('\n', '\\n')],
])('of the certificates that are configured, %s verifies', async ([, pem = '']) => {
  expect(await verify(deliver(sampleOf('alarm')), { HUAWEI_SMN_CERTIFICATE: pem }, noWeb)).toMatch(/^[0-9a-f]{32}$/)
})

describe('refuses', () => {
  const alarm = deliver(sampleOf('alarm'))
  const signature: string = JSON.parse(alarm.body.toString()).signature
  const confirmation = deliver(sampleOf('subscription-confirmation'))
  const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const forged = deliver(sampleOf('alarm'), { key: other.key })
  const notJson = { ...alarm, body: Buffer.from('{"type":') }

  test.for<[string, WebhookRequest, string]>([
    ['a signature with one bit flipped', tampered(alarm, { signature: flipped }), 'signature does not match'],
    ['a cut signature', tampered(alarm, { signature: 'AAAA' }), 'signature does not match'],
    ['another message', tampered(alarm, { message: 'x' }), 'signature does not match'],
    ['another id', tampered(alarm, { message_id: 'f'.repeat(32) }), 'signature does not match'],
    ['another subject', tampered(alarm, { subject: 'x' }), 'signature does not match'],
    ['a subject left out', tampered(alarm, { subject: undefined }), 'signature does not match'],
    ['another time', tampered(alarm, { timestamp: '2026-11-20T03:12:09Z' }), 'signature does not match'],
    ['another link', tampered(confirmation, { subscribe_url: 'https://x.example/' }), 'signature does not match'],
    ['another type', tampered(confirmation, { type: 'UnsubscribeConfirmation' }), 'signature does not match'],
    ['the key of somebody else', forged, 'signature does not match'],
    ['no signature', tampered(alarm, { signature: undefined }), 'signature: '],
    ['an empty signature', tampered(alarm, { signature: '' }), 'signature: is not base64'],
    ['a version that is not known', tampered(alarm, { signature_version: 'v2' }), 'signature_version: is not v1'],
    ['a type that is not known', tampered(alarm, { type: 'toString' }), 'type: '],
    ['no time', tampered(alarm, { timestamp: '' }), 'timestamp: '],
    ['a day that is none', tampered(alarm, { timestamp: '2026-02-30T03:12:00Z' }), 'timestamp'],
    ['what is not JSON', notJson, 'not a message of SMN: its body cannot be read'],
    [
      'a key that is there twice',
      { ...alarm, body: Buffer.from('{"type":"","type":""}') },
      'not a message of SMN: its body cannot be read',
    ],
    ['a list', { ...alarm, body: Buffer.from('[]') }, 'not a message of SMN: body: '],
  ])('%s', async ([, delivery, message]) => {
    const refused = verify(delivery)
    await expect(refused).rejects.toThrow(SignatureError)
    await expect(refused).rejects.toThrow(message)
  })
})

describe('before any request, refuses', () => {
  const elsewhere = TOPIC.replace('steadyhand-alarms', 'anybody')
  test.for<[string, WebhookRequest, string]>([
    ['a topic that is not configured', deliver(changed('alarm', { topic_urn: elsewhere })), 'topic_urn'],
    [
      'a topic of another project',
      deliver(changed('alarm', { topic_urn: TOPIC.replace('51b1a7ed', '51b1a7ee') })),
      'topic_urn',
    ],
    ['a topic in other letters', deliver(changed('alarm', { topic_urn: TOPIC.toUpperCase() })), 'topic_urn'],
    [
      'an old one',
      { ...deliver(sampleOf('alarm')), atMs: NOW + 26 * HOUR_MS + 1000 },
      'timestamp is more than 26 h old',
    ],
    ['one from the future', { ...deliver(sampleOf('alarm')), atMs: NOW - 301_000 }, 'more than 5 min in the future'],
  ])('%s', async ([, delivery, message]) => {
    const { asked, fetchText } = web()
    await expect(verify(delivery, {}, fetchText)).rejects.toThrow(message)
    expect(asked).toEqual([])
  })
})

test('accepts the retries of SMN for a day', async () => {
  expect(await verify({ ...deliver(sampleOf('alarm')), atMs: NOW + 26 * HOUR_MS })).toMatch(/^[0-9a-f]{32}$/)
})

test.for([
  ['not yet', NOW - 31 * 24 * HOUR_MS],
  ['no longer', NOW + 10 * 366 * 24 * HOUR_MS],
] as const)('refuses a message signed while the certificate was %s valid', async ([, atMs]) => {
  await expect(verify(deliver(sampleOf('alarm'), { atMs }))).rejects.toThrow('not valid at this time')
})

/**
 * SMN signs everything that is published to a topic: the author of an alarm's text must not be able to have a signed message
 * read as another one.
 */
describe('no text can pass for other fields', () => {
  const signedAs = (fields: Record<string, unknown>): WebhookRequest => {
    const message = { ...JSON.parse(deliver(sampleOf('plain-text')).body.toString()), ...fields }
    const { message: text, message_id, subject, timestamp } = message
    const signed = `message\n${text}\nmessage_id\n${message_id}\nsubject\n${subject}\ntimestamp\n${timestamp}\ntopic_urn\n${TOPIC}\ntype\nNotification\n`
    const signature = sign('sha256', Buffer.from(signed), own.key).toString('base64')
    return { ...deliver(sampleOf('plain-text')), body: Buffer.from(JSON.stringify({ ...message, signature })) }
  }

  test('of a message with line feeds, each line stays in the message', async () => {
    const id = 'a'.repeat(32)
    const genuine = signedAs({ message: `harmless\nmessage_id\n${id}\nsubject\nx`, subject: 'y' })
    expect(await verify(genuine)).not.toBe(id)
    const { message_id } = JSON.parse(genuine.body.toString())
    // The very same signed text, cut at other borders.
    const read = tampered(genuine, {
      message: 'harmless',
      message_id: id,
      subject: `x\nmessage_id\n${message_id}\nsubject\ny`,
    })
    await expect(verify(read)).rejects.toThrow('subject: has a line feed')
  })

  test.for([
    ['subject', 'a\nb', 'has a line feed'],
    ['subject', 'a\rb', 'has a line feed'],
    ['topic_urn', `${TOPIC}\ntype`, 'has a line feed'],
    ['message_id', 'a\nb', 'is not an id'],
  ])('%s %j is refused', async ([field = '', value, message]) => {
    await expect(verify(signedAs({ [field]: value }))).rejects.toThrow(`${field}: ${message}`)
  })

  test('a link with line feeds is refused, though it is signed', async () => {
    const link = 'https://console.huaweicloud.com/smn/subscription/confirm?token=abc\ntimestamp\n2026-11-20T03:12:00Z'
    const confirmation = deliver(sampleOf('subscription-confirmation'))
    const envelope = { ...JSON.parse(confirmation.body.toString()), subscribe_url: link }
    const text = Buffer.from(signedText(signedFields(envelope)))
    const signature = sign('sha256', text, own.key).toString('base64')
    await expect(verify(tampered(confirmation, { subscribe_url: link, signature }))).rejects.toThrow(
      'subscribe_url: has a line feed',
    )
  })
})

test('a certificate that cannot be fetched is an error of ours, not of the sender', async () => {
  const { fetchText } = web(() => new UnreachableError('no answer in 3000 ms'))
  await expect(verify(deliver(sampleOf('alarm')), {}, fetchText)).rejects.toThrow(UnreachableError)
})

describe('is not configured by', () => {
  test.for<[string, Record<string, string>, string]>([
    ['no topic', { WEBHOOK_HUAWEI_TOPICS: ' , ' }, 'needs at least one topic URN'],
    ['what is no topic', { WEBHOOK_HUAWEI_TOPICS: 'alarms' }, 'needs topic URNs, urn:smn:<region>'],
    ['a region with a dot', { WEBHOOK_HUAWEI_TOPICS: 'urn:smn:a.b:c:d' }, 'needs topic URNs'],
    ['a certificate that is none', { HUAWEI_SMN_CERTIFICATE: 'x' }, 'cannot be read'],
    [
      'a second certificate that is none',
      { HUAWEI_SMN_CERTIFICATE: `${own.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` },
      'cannot be read',
    ],
    ['a key that is none', { HUAWEI_SMN_SIGNING_KEY: own.certificate }, 'is not the PEM of an RSA key'],
  ])('%s', ([, given, message]) => {
    expect(() => settingsOf(given)).toThrow(message)
  })

  test('nothing at all', () => {
    expect(createHuawei().settings.safeParse({}).success).toBe(false)
  })
})

test('topics are separated by commas; an empty variable counts as not set', () => {
  const given = {
    WEBHOOK_HUAWEI_TOPICS: `${TOPIC}, urn:smn:eu-de:p1:t_2`,
    HUAWEI_SMN_CERTIFICATE: '',
    HUAWEI_SMN_SIGNING_KEY: '',
  }
  expect(createHuawei().settings.parse(given)).toEqual({
    WEBHOOK_HUAWEI_TOPICS: [
      { urn: TOPIC, region: 'cn-north-4', project: '00000000000000000000000051b1a7ed' },
      { urn: 'urn:smn:eu-de:p1:t_2', region: 'eu-de', project: 'p1' },
    ],
  })
})

test('without a key nothing is signed: it is SMN that has it', () => {
  const settings = createHuawei().settings.parse({ WEBHOOK_HUAWEI_TOPICS: TOPIC })
  expect(() => createHuawei().sign(sampleOf('alarm'), settings, { id: 'one', atMs: NOW })).toThrow(
    'HUAWEI_SMN_SIGNING_KEY is not set',
  )
})
