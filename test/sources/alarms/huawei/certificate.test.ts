import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../../../lib/sources/alarms/huawei/smn/certificate.ts'
import { certificateLink, confirmationLink } from '../../../../lib/sources/alarms/huawei/smn/links.ts'
import { SignatureError } from '../../../../lib/sources/verify/signature-error.ts'
import { NOW, own, PROJECT, TOPIC } from './fixture.ts'
import { ALMOST_LONG, EC, PSS, PSS_KEY, SHA1, SHA512, SHORT } from './odd-certificates.ts'

const topicIn = (region: string) => ({ urn: TOPIC.replace('cn-north-4', region), region, project: PROJECT })
const HERE = topicIn('cn-north-4')
const NAME = 'SMN_cn-north-4_5f2c7d0e91b84a36a0d4c8e1b7f3962d.pem'
const HOST = 'smn.cn-north-4.myhuaweicloud.com'

describe('a certificate is fetched from', () => {
  test.for([
    ['cn-north-4', `https://${HOST}/smn/${NAME}`],
    ['cn-north-4', `https://${HOST}:443/smn/${NAME}`],
    ['cn-north-2', 'https://smn.cn-north-2.myhuaweicloud.cn/smn/SMN_cn-north-2_1.pem'],
    ['eu-west-101', 'https://smn.eu-west-101.myhuaweicloud.eu/smn/SMN_eu-west-101_1.pem'],
    ['eu-de', 'https://smn.eu-de.otc.t-systems.com/smn/SMN_eu-de_1.pem'],
    ['constructor', 'https://smn.constructor.myhuaweicloud.com/smn/SMN_1.pem'],
  ])('%s: %s', ([region = '', link = '']) => {
    expect(certificateLink(link, topicIn(region)).href).toBe(link.replace(':443', ''))
  })
})

/** What a parser of URLs would read as the right place, or as a place beside it. */
const tricks = (path: string): [what: string, link: string][] => [
  ['plain HTTP', `http://${HOST}${path}`],
  ['another scheme', `ftp://${HOST}${path}`],
  ['a scheme in capitals', `HTTPS://${HOST}${path}`],
  ['no scheme', `//${HOST}${path}`],
  ['another port', `https://${HOST}:8443${path}`],
  ['the port of HTTP', `https://${HOST}:80${path}`],
  ['a port with a zero more', `https://${HOST}:0443${path}`],
  ['a user', `https://user@${HOST}${path}`],
  ['a user and a password', `https://user:password@${HOST}${path}`],
  ['the host as a user', `https://${HOST}@evil.example${path}`],
  ['the host as a password', `https://x:${HOST}@evil.example${path}`],
  ['the host and its port as a user', `https://${HOST}:443@evil.example${path}`],
  ['a host that begins with it', `https://${HOST}.evil.example${path}`],
  ['a host that ends with it', `https://evil.${HOST}${path}`],
  ['a host that ends with it, without a dot', `https://evil${HOST}${path}`],
  ['the domain alone', `https://myhuaweicloud.com${path}`],
  ['another service', `https://obs.cn-north-4.myhuaweicloud.com${path}`],
  ['another region', `https://smn.cn-north-1.myhuaweicloud.com${path}`],
  ['the domain of another region', `https://smn.cn-north-4.myhuaweicloud.cn${path}`],
  ['capitals', `https://${HOST.toUpperCase()}${path}`],
  ['a dot at the end', `https://${HOST}.${path}`],
  ['two dots', `https://smn..cn-north-4.myhuaweicloud.com${path}`],
  ['letters of another script', `https://smn.cn-north-4.myhuaweicl\u043eud.com${path}`],
  ['letters that are folded', `https://smn.cn-north-4.myhuaweicloud.\uff43om${path}`],
  ['a dot of another script', `https://smn\u3002cn-north-4.myhuaweicloud.com${path}`],
  ['punycode', `https://xn--smn-9na.cn-north-4.myhuaweicloud.com${path}`],
  ['an escaped host', `https://smn%2ecn-north-4.myhuaweicloud.com${path}`],
  ['an address', `https://192.0.2.1${path}`],
  ['an address as one number', `https://3221225985${path}`],
  ['an address of version 6', `https://[2001:db8::1]${path}`],
  ['the address of metadata', `https://169.254.169.254${path}`],
  ['this machine', `https://localhost${path}`],
  ['a backslash for a slash', `https://${HOST}\\${path.slice(1)}`],
  ['a backslash after another host', `https://evil.example\\@${HOST}${path}`],
  ['backslashes after the scheme', `https:\\\\${HOST}${path}`],
  ['three slashes', `https:///${HOST}${path}`],
  ['a space before it', ` https://${HOST}${path}`],
  ['a tab after the host', `https://${HOST}\t${path}`],
  ['a tab in the path', `https://${HOST}${path.replace('/smn', '/s\tmn')}`],
  ['a line feed after it', `https://${HOST}${path}\n`],
  ['a path above', `https://${HOST}/smn/..${path}`],
  ['a path above, escaped', `https://${HOST}/smn/%2e%2e${path}`],
  ['a path through another', `https://${HOST}/other/..${path}`],
  ['another path', `https://${HOST}/other${path}`],
  ['two slashes', `https://${HOST}/${path}`],
  ['an escape in the path', `https://${HOST}${path.replace('smn', '%73mn')}`],
  ['a fragment', `https://${HOST}${path}#x`],
  ['nothing', ''],
  ['no URL', 'certificate'],
]

describe('no certificate is fetched by', () => {
  test.for([
    ...tricks(`/smn/${NAME}`),
    ['a query', `https://${HOST}/smn/${NAME}?x=1`],
    ['an empty query', `https://${HOST}/smn/${NAME}?`],
    ['another kind of file', `https://${HOST}/smn/SMN_cn-north-4_1.html`],
    ['another name', `https://${HOST}/smn/cert.pem`],
    ['a name above', `https://${HOST}/smn/SMN_/../../x.pem`],
    ['a name above, escaped', `https://${HOST}/smn/SMN_%2e%2e%2fx.pem`],
    ['a name with a dot', `https://${HOST}/smn/SMN_a.b.pem`],
    ['a name without end', `https://${HOST}/smn/SMN_${'a'.repeat(129)}.pem`],
  ])('%s', ([, link]) => {
    expect(() => certificateLink(link, HERE)).toThrow(SignatureError)
  })

  test('no link at all', () => {
    expect(() => certificateLink(undefined, HERE)).toThrow(SignatureError)
  })
})

describe('a subscription is confirmed', () => {
  const path = `/smn/subscription/confirm?token=abc&topic_urn=${TOPIC}&region=cn-north-4`
  test.for([
    ['at the console', `https://console.huaweicloud.com${path}`],
    ['at the console of the region', `https://cn-north-4-console.huaweicloud.com${path}`],
    ['at the endpoint of the region', `https://${HOST}${path}`],
    ['by a link with the port', `https://console.huaweicloud.com:443${path}`],
    ['by a link with an escaped topic', `https://console.huaweicloud.com${path.replaceAll(':', '%3A')}`],
    ['by a link without a topic', 'https://console.huaweicloud.com/smn/subscription/confirm?token=abc'],
  ])('%s', ([, link = '']) => {
    expect(confirmationLink(link, HERE)?.href).toBe(link.replace(':443', ''))
  })

  test.for([
    ...tricks(path),
    ['the console of another region', `https://cn-north-1-console.huaweicloud.com${path}`],
    ['another topic', `https://console.huaweicloud.com${path.replace('steadyhand', 'other')}`],
    ['this topic and another', `https://console.huaweicloud.com${path}&topic_urn=${TOPIC}x`],
    ['what cancels', `https://console.huaweicloud.com${path.replace('confirm', 'unsubscribe')}`],
    ['a path within', `https://console.huaweicloud.com${path.replace('confirm', 'confirm/x')}`],
    ['no token', 'https://console.huaweicloud.com/smn/subscription/confirm'],
    ['a space', `https://console.huaweicloud.com${path}&x= `],
  ])('not by %s', ([, link = '']) => {
    expect(confirmationLink(link, HERE)).toBeUndefined()
  })
})

describe('of certificates', () => {
  test('one of RSA and SHA-256 is read', () => {
    expect(readCertificate(own.certificate)).toMatchObject({
      digest: 'sha256',
      validFromMs: NOW - 30 * 24 * 3600 * 1000,
      validToMs: Date.parse('2036-10-21T03:12:10Z'),
    })
  })

  test('the digest is the one of the certificate', () => {
    expect(readCertificate(SHA512).digest).toBe('sha512')
  })

  test.for([
    ['of another kind of key', 'has no RSA key', EC],
    ['of a short key', 'a weak key of 1024 bits', SHORT],
    ['of a key that is a little short', 'a weak key of 2040 bits', ALMOST_LONG],
    ['signed with SHA-1', 'weak or unknown algorithm', SHA1],
    ['signed with PSS', 'weak or unknown algorithm', PSS],
    ['of a key for PSS', 'has no RSA key', PSS_KEY],
    ['that is empty', 'cannot be read', ''],
    ['that is cut', 'cannot be read', own.certificate.slice(0, 300)],
    ['that is a key', 'cannot be read', own.key],
  ])('one %s is refused', ([, message, pem = '']) => {
    const read = () => readCertificate(pem)
    expect(read).toThrow(SignatureError)
    expect(read).toThrow(message)
  })
})
