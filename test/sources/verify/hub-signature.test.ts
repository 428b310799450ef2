import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { github } from '../../../lib/sources/tickets/github.ts'
import { jira } from '../../../lib/sources/tickets/jira.ts'
import { hubSignature, verifyHubSignature } from '../../../lib/sources/verify/hub-signature.ts'
import { SignatureError } from '../../../lib/sources/verify/signature-error.ts'

const HEADER = 'x-hub-signature'

const verified = (value: string | undefined, body: string, secrets: string[]) =>
  verifyHubSignature({ headers: { [HEADER]: value }, body: Buffer.from(body) }, HEADER, secrets)

// The vectors that GitHub, Atlassian and octokit/webhooks-methods publish.
const SECRET = "It's a Secret to Everybody"
const VECTORS = [
  ['GitHub', SECRET, 'Hello, World!', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
  ['Atlassian', SECRET, 'Hello World!', 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9'],
  ['octokit', 'mysecret', '{"foo":"bar"}', 'sha256=4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3'],
] as const

test.for(VECTORS)(
  'the published vector of %s is verified, and our own signature equals it',
  ([, secret, body, signature]) => {
    expect(() => verified(signature, body, [secret])).not.toThrow()
    expect(hubSignature(secret, body)).toBe(signature)
  },
)

describe('refuses', () => {
  const good = hubSignature(SECRET, 'body')
  const sha1 = createHmac('sha1', SECRET).update('body').digest('hex')
  test.for<[string, string | undefined, string, string[], string]>([
    ['an empty header', '', 'body', [SECRET], 'is missing'],
    ['another secret', good, 'body', ['another secret'], 'matches no secret'],
    ['half a byte more', `${good}0`, 'body', [SECRET], 'matches no secret'],
    ['half a byte less', good.slice(0, -1), 'body', [SECRET], 'matches no secret'],
    ['a byte less', good.slice(0, -2), 'body', [SECRET], 'matches no secret'],
    ['the first byte', good.slice(0, 'sha256='.length + 2), 'body', [SECRET], 'matches no secret'],
    ['the code of another method', `sha256=${sha1}`, 'body', [SECRET], 'matches no secret'],
    ['two headers', `${good},${good}`, 'body', [SECRET], 'is not <method>=<hex>'],
    ['the bare code', good.slice('sha256='.length), 'body', [SECRET], 'is not <method>=<hex>'],
    ['another method, rightly computed', `sha1=${sha1}`, 'body', [SECRET], 'uses sha1; only sha256 is accepted'],
    ['the right code under another method', good.replace('sha256', 'none'), 'body', [SECRET], 'uses none'],
  ])('%s', ([, value, body, secrets, message]) => {
    const verify = () => verified(value, body, secrets)
    expect(verify).toThrow(SignatureError)
    expect(verify).toThrow(message)
  })
})

describe('jira', () => {
  const settings = jira.settings.parse({
    WEBHOOK_JIRA_SECRETS: 'first-secret-of-jira',
    WEBHOOK_JIRA_TOKENS: 'shown-token-of-jira,user:second-token-of-jira',
  })
  const signed = hubSignature('first-secret-of-jira', 'body')
  const verify = (headers: Record<string, string>) =>
    jira.verify({ method: 'POST', headers, query: {}, body: Buffer.from('body'), atMs: 0 }, settings, unasked)

  test.for<[string, Record<string, string>]>([
    ['a signature', { 'x-hub-signature': signed }],
    ['a signature beside a foreign authorization', { 'x-hub-signature': signed, authorization: 'Bearer x' }],
    ['a token in its header', { 'x-webhook-secret': 'shown-token-of-jira' }],
    ['a bearer token', { authorization: 'Bearer shown-token-of-jira' }],
    ['basic credentials', { authorization: `Basic ${btoa('user:second-token-of-jira')}` }],
  ])('takes %s', ([, headers]) => {
    expect(verify({ ...headers, 'x-atlassian-webhook-identifier': 'w-1' })).toBe('w-1')
    expect(verify(headers)).toBeUndefined()
  })

  test.for<[string, Record<string, string>, string]>([
    ['nothing', {}, 'x-hub-signature is missing, and no secret is shown in its place'],
    ['another secret', { 'x-webhook-secret': 'another-secret-of-jira' }, 'matches no secret'],
    ['the secret that signs', { 'x-webhook-secret': 'first-secret-of-jira' }, 'matches no secret'],
    ['the secret that signs, as a bearer', { authorization: 'Bearer first-secret-of-jira' }, 'matches no secret'],
    [
      'a signature by what is shown',
      { 'x-hub-signature': hubSignature('shown-token-of-jira', 'body') },
      'matches no secret',
    ],
    ['an empty secret', { 'x-webhook-secret': '' }, 'is missing'],
    ['two secrets joined', { 'x-webhook-secret': 'first-secret-of-jira,x' }, 'matches no secret'],
    [
      'a wrong signature, though the secret is shown',
      { 'x-hub-signature': hubSignature('wrong', 'body'), 'x-webhook-secret': 'first-secret-of-jira' },
      'header x-hub-signature matches no secret',
    ],
    [
      'an empty signature, though the secret is shown',
      { 'x-hub-signature': '', 'x-webhook-secret': 'first-secret-of-jira' },
      'header x-hub-signature is missing',
    ],
    ['the signature as a secret', { 'x-webhook-secret': signed }, 'matches no secret'],
  ])('refuses %s', ([, headers, message]) => {
    expect(() => verify(headers)).toThrow(message)
  })
})

test.for([
  ['jira', jira, jira.settings.parse({ WEBHOOK_JIRA_SECRETS: 'first-secret-of-jira' })],
  ['github', github, github.settings.parse({ WEBHOOK_GITHUB_SECRETS: 'first-secret-of-github' })],
] as const)('%s verifies what it signs, and gives the delivery its id', ([, source, settings]) => {
  const body = '{"issue":{}}'
  const sign = source.sign as (body: string, settings: unknown, as: object) => { headers: Record<string, string> } // one call for both
  const { headers } = sign(body, settings, { id: 'delivery-1', atMs: 0 })
  const delivery = { method: 'POST', headers, query: {}, body: Buffer.from(body), atMs: 0 }
  const verify = source.verify as (...of: unknown[]) => unknown // one call for both
  expect(verify(delivery, settings, unasked)).toBe('delivery-1')
})

const unasked = async () => {
  throw new Error('nothing is to be asked')
}
