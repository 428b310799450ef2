import { generateKeyPairSync, sign } from 'node:crypto'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { CLOUDS, HUAWEI, scene } from '../clouds.ts'

/** A value in DER: tag, length, content. */
function der(tag: number, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)))
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const [SEQUENCE, SET, INTEGER, BITS, UTF8, TIME] = [0x30, 0x31, 0x02, 0x03, 0x0c, 0x18]

/** A self-signed certificate for `localhost` and its key, generated so that the repository holds no key. */
function selfSigned(): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, '06082a8648ce3d040302') // ecdsa-with-SHA256
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, '0603550403', der(UTF8, Buffer.from('localhost')))))
  const validity = der(SEQUENCE, der(TIME, Buffer.from('20200101000000Z')), der(TIME, Buffer.from('20991231235959Z')))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const body = der(SEQUENCE, der(INTEGER, '01'), algorithm, name, validity, name, spki)
  const cert = der(SEQUENCE, body, algorithm, der(BITS, '00', sign('sha256', body, privateKey)))
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${cert.toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

async function httpsServer(body: string) {
  const { cert, key } = selfSigned()
  const versions: string[] = []
  // Offers HTTP/2 first, as the clouds' gateways do.
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion)
    request.resume()
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  onTestFinished(() => void server.close())
  return { cert, versions, port: (server.address() as AddressInfo).port } // listening on TCP
}

/** Trusts one more certificate until the test is over. */
function trusting(cert: string): void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, cert])
  onTestFinished(() => setDefaultCACertificates(before))
}

test.for(CLOUDS)('$name: a certificate that nobody vouches for gets no request', async (cloud) => {
  const { port, versions } = await httpsServer(cloud.ok)
  expect(await scene(cloud, `https://localhost:${port}`).failure('once')).toEqual({
    operation: 'test.thing.once',
    kind: 'network',
    change: 'none',
    what: expect.stringMatching(/^no connection \((DEPTH_ZERO_SELF_SIGNED_CERT|ERR_SSL\w*|\w+CERT\w*)\)$/),
  })
  expect(versions).toEqual([])
})

test('a certificate of another host gets no request', async () => {
  const { cert, port, versions } = await httpsServer(HUAWEI.ok)
  trusting(cert)
  expect(await scene(HUAWEI, `https://127.0.0.1:${port}`).failure('once')).toMatchObject({
    kind: 'network',
    change: 'none',
    what: 'no connection (ERR_TLS_CERT_ALTNAME_INVALID)',
  })
  expect(versions).toEqual([])
})

test.for(CLOUDS)('$name: a certificate that is trusted serves reads and changes, over HTTP/1.1', async (cloud) => {
  const { cert, port, versions } = await httpsServer(cloud.ok)
  trusting(cert)
  const { run } = scene(cloud, `https://localhost:${port}`)
  expect([await run('read'), await run('once')]).toEqual([{ ok: true }, { ok: true }])
  expect(versions).toEqual(['1.1', '1.1'])
})
