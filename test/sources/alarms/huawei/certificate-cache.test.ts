import { describe, expect, test } from 'vitest'
import { readCertificate, type SigningCertificate } from '../../../../lib/sources/alarms/huawei/smn/certificate.ts'
import { createCertificateCache } from '../../../../lib/sources/alarms/huawei/smn/certificate-cache.ts'
import { createHuawei } from '../../../../lib/sources/alarms/huawei.ts'
import { UnreachableError } from '../../../../lib/sources/fetch-text.ts'
import type { FetchText } from '../../../../lib/sources/source.ts'
import { SignatureError } from '../../../../lib/sources/verify/signature-error.ts'
import { changed, deliver, NOW, ok, other, own, settingsOf, TOPIC, web } from './fixture.ts'

const HOST = 'smn.cn-north-4.myhuaweicloud.com'
const url = (name: string | number) => new URL(`https://${HOST}/smn/SMN_${name}.pem`)
const SECOND_MS = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 3600 * 1000

/** The certificates, and who asks for them. */
function createStore() {
  const certificates = createCertificateCache()
  const find = (name: string | number, nowMs: number, fetchText: FetchText, topic = TOPIC) =>
    certificates.find({ url: url(name), topic, nowMs }, fetchText)
  /** Records what a message with a matching signature would. */
  const prove = async (name: string | number, nowMs: number, fetchText: FetchText) => {
    const certificate = await find(name, nowMs, fetchText)
    certificates.noteProven(url(name), certificate, nowMs)
    return certificate
  }
  return { find, prove }
}

const lost = () => ({ status: 404, text: '' })

describe('a certificate', () => {
  test('is fetched once for all that wait, and kept for hours', async () => {
    const { find } = createStore()
    const { asked, fetchText } = web()
    const found = await Promise.all(Array.from({ length: 20 }, () => find('a', NOW, fetchText)))
    found.push(await find('a', NOW + 6 * HOUR_MS - 1, fetchText))
    expect([new Set(found).size, asked]).toEqual([1, [url('a').href]])
    await find('a', NOW + 6 * HOUR_MS, fetchText)
    expect(asked).toHaveLength(2)
  })

  test.for<[string, () => { status: number; text: string } | Error, new (message: string) => Error, string]>([
    ['cannot be asked for', () => new UnreachableError('no answer in 3000 ms'), UnreachableError, 'no answer'],
    ['is not there', lost, UnreachableError, 'answered 404'],
    ['is elsewhere', () => ({ status: 302, text: own.certificate }), UnreachableError, 'answered 302'],
    ['is refused', () => ({ status: 403, text: own.certificate }), UnreachableError, 'answered 403'],
    ['is not a PEM certificate', () => ok('<html>'), SignatureError, 'is not a PEM certificate'],
    ['cannot be read', () => ok('-----BEGIN CERTIFICATE-----'), SignatureError, 'cannot be read'],
  ])('that %s is not asked for again for seconds', async ([, answer, kind, message]) => {
    const { find } = createStore()
    const { asked, fetchText } = web(answer)
    const failed = find('a', NOW, fetchText)
    await expect(failed).rejects.toThrow(kind)
    await expect(failed).rejects.toThrow(message)
    await expect(find('a', NOW + 10 * SECOND_MS - 1, fetchText)).rejects.toThrow(message)
    expect(asked).toHaveLength(1)
    await expect(find('a', NOW + 10 * SECOND_MS, fetchText)).rejects.toThrow(message)
    expect(asked).toHaveLength(2)
  })
})

describe('of a thousand invented names a minute', () => {
  const FLOOD = Array.from({ length: 1000 }, (_, index) => ({ name: `x${index}`, atMs: NOW + index * 60 }))
  /** The flood; `each` may do something between. */
  const flood = async (
    { find }: ReturnType<typeof createStore>,
    { topic = TOPIC, each = async () => {} }: { topic?: string; each?: (atMs: number) => Promise<unknown> } = {},
  ) => {
    const { asked, fetchText } = web(lost)
    for (const { name, atMs } of FLOOD) {
      await expect(find(name, atMs, fetchText, topic)).rejects.toThrow(UnreachableError)
      await each(atMs)
    }
    return asked
  }

  test('forty are fetched: ten, and one each two seconds', async () => {
    expect(await flood(createStore())).toHaveLength(39)
  })

  test('ten are fetched, where they come at once', async () => {
    const { find } = createStore()
    const { asked, fetchText } = web(lost)
    await Promise.allSettled(FLOOD.map(({ name }) => find(name, NOW, fetchText)))
    expect(asked).toHaveLength(10)
  })

  test('those of many topics are bounded together', async () => {
    const { find } = createStore()
    const { asked, fetchText } = web(lost)
    await Promise.allSettled(FLOOD.map(({ name }, index) => find(name, NOW, fetchText, `${TOPIC}-${index}`)))
    expect(asked).toHaveLength(40)
  })

  test('none stops a certificate that has verified a message, also when it is fetched anew', async () => {
    const store = createStore()
    const { asked, fetchText } = web()
    const good = await store.prove('good', NOW - 6 * HOUR_MS + 30 * SECOND_MS, fetchText)
    await flood(store, { each: async (atMs) => expect(await store.find('good', atMs, fetchText)).toEqual(good) })
    expect(asked).toHaveLength(2)
  })

  test('none displaces a certificate that has verified a message', async () => {
    const store = createStore()
    const good = await store.prove('good', NOW, web().fetchText)
    const { fetchText } = web(() => ok(other.certificate))
    for (let name = 0; name < 300; name++) await store.find(name, NOW + name * 2 * SECOND_MS, fetchText)
    expect(await store.find('good', NOW + HOUR_MS, web(lost).fetchText)).toBe(good)
    // The oldest unproven certificates are forgotten.
    const { asked, fetchText: again } = web()
    for (const name of [299, 0]) await store.find(name, NOW + HOUR_MS, again)
    expect(asked).toEqual([url(0).href])
  })

  test('a new name is found among them, as it comes again', async () => {
    const store = createStore()
    let tries = 0
    let found: SigningCertificate | undefined
    const rotated = async (atMs: number) => {
      if (found || (atMs - NOW) % (10 * SECOND_MS) !== 9960) return
      tries++
      found = await store.find('new', atMs, web().fetchText).catch(() => undefined)
    }
    await flood(store, { each: rotated })
    expect({ tries, found }).toMatchObject({ tries: 2, found: { digest: 'sha256' } })
  })

  test('those that come again and again are bounded, too', async () => {
    const store = createStore()
    const { asked, fetchText } = web(lost)
    for (let round = 0; round < 10; round++) {
      for (const { name } of FLOOD.slice(0, 100)) {
        await store.find(name, NOW + round * 6 * SECOND_MS, fetchText).catch(() => undefined)
      }
    }
    // Two rations, each of ten and 27 more in 54 s.
    expect(asked.length).toBeLessThanOrEqual(74)
    await expect(store.find('new', NOW + 56 * SECOND_MS, web().fetchText)).resolves.toHaveProperty('key')
  })

  test('a thousand that were turned away are remembered, and no more', async () => {
    const { find } = createStore()
    const { asked, fetchText } = web(lost)
    const names = Array.from({ length: 1011 }, (_, index) => `x${index}`)
    await Promise.allSettled([...names, 'x11', 'x10'].map((name) => find(name, NOW, fetchText)))
    expect(asked.slice(10)).toEqual([url('x11').href])
  })

  test('sixty-four topics are remembered, and no more', async () => {
    const { find } = createStore()
    const { asked, fetchText } = web(lost)
    await Promise.allSettled(FLOOD.slice(0, 10).map(({ name }) => find(name, NOW, fetchText)))
    await Promise.allSettled(FLOOD.slice(10, 74).map(({ name }) => find(name, NOW, fetchText, name)))
    await expect(find('new', NOW + SECOND_MS, fetchText)).rejects.toThrow('answered 404')
    expect(asked).toHaveLength(41)
  })

  test('after a clock was set back, the ration comes back as before', async () => {
    const { find } = createStore()
    const { asked, fetchText } = web(lost)
    for (const at of [0, -HOUR_MS, 2 * SECOND_MS - HOUR_MS]) {
      await Promise.allSettled(FLOOD.map(({ name }) => find(`${name}-${at}`, NOW + at, fetchText)))
    }
    expect(asked).toHaveLength(11)
  })

  test('by one topic none stops a new name of another', async () => {
    const store = createStore()
    await flood(store, { topic: `${TOPIC}-known` })
    await expect(store.find('new', NOW + MINUTE_MS, web().fetchText)).resolves.toHaveProperty('key')
  })
})

describe('a certificate that has verified a message', () => {
  /** An answer that comes when the test says. */
  const slowWeb = () => {
    const answers: ((text: string) => void)[] = []
    const fetchText: FetchText = () => new Promise((resolve) => answers.push((text) => resolve(ok(text))))
    return { answers, fetchText }
  }
  const proven = async (atMs = NOW) => {
    const store = createStore()
    return { ...store, first: await store.prove('a', atMs, web().fetchText) }
  }

  test('serves while it is fetched anew, once, in the background', async () => {
    const { find, first } = await proven()
    const { answers, fetchText } = slowWeb()
    for (let at = 0; at < 5; at++) expect(await find('a', NOW + 6 * HOUR_MS + at, fetchText)).toBe(first)
    expect(answers).toHaveLength(1)
    answers[0]?.(other.certificate)
    await expect.poll(() => find('a', NOW + 6 * HOUR_MS + 9, fetchText)).toEqual(readCertificate(other.certificate))
    await find('a', NOW + 12 * HOUR_MS - 1, fetchText)
    expect(answers).toHaveLength(1)
  })

  test.for([
    ['SMN cannot be reached', () => new UnreachableError('no answer'), 300 * 24],
    ['SMN is ill', () => ({ status: 503, text: '' }), 300 * 24],
    ['SMN answered a page', () => ok('<html>'), 300 * 24],
    ['it is not there, for a day', lost, 24 - 1],
  ] as const)('goes on serving where %s', async ([, answer, hours]) => {
    const { find, first } = await proven()
    const { asked, fetchText } = web(answer)
    for (const at of [6, 7, 12, hours]) expect(await find('a', NOW + at * HOUR_MS, fetchText)).toBe(first)
    expect(asked).toHaveLength(4)
    expect(await find('a', NOW + hours * HOUR_MS + 10 * SECOND_MS - 1, fetchText)).toBe(first)
    expect(asked).toHaveLength(4)
  })

  test.for([
    ['taken away', { status: 404, text: '' }, 24 * HOUR_MS],
    ['gone', { status: 410, text: '' }, 24 * HOUR_MS],
    ['past its end, and SMN is ill', { status: 503, text: '' }, readCertificate(own.certificate).validToMs - NOW + 1],
  ] as const)('serves no more where it is %s', async ([, answer, afterMs]) => {
    const { find } = await proven()
    const { asked, fetchText } = web(() => answer)
    await expect(find('a', NOW + afterMs, fetchText)).rejects.toThrow(`answered ${answer.status}`)
    await expect(find('a', NOW + afterMs + 1, fetchText)).rejects.toThrow(`answered ${answer.status}`)
    expect(asked).toHaveLength(1)
  })

  test('serves no more where its end comes while it is stale', async () => {
    const { validToMs } = readCertificate(own.certificate)
    const { find } = await proven(validToMs - HOUR_MS)
    const { fetchText } = web(() => ({ status: 503, text: '' }))
    await expect(find('a', validToMs + 5 * HOUR_MS, fetchText)).rejects.toThrow('answered 503')
  })

  test('is replaced by the one that is fetched after its end', async () => {
    const { find } = await proven()
    const { validToMs } = readCertificate(own.certificate)
    const { fetchText } = web(() => ok(other.certificate))
    expect(await find('a', validToMs + 1, fetchText)).toEqual(readCertificate(other.certificate))
  })

  test('counts from when it was fetched, not from when it was proven', async () => {
    const { find, prove } = createStore()
    const { asked, fetchText } = web()
    await find('a', NOW, fetchText)
    await prove('a', NOW + 5 * HOUR_MS, fetchText)
    await find('a', NOW + 6 * HOUR_MS, fetchText)
    expect(asked).toHaveLength(2)
  })

  test('is forgotten where thirty-two others verified messages after it', async () => {
    const { find, prove } = createStore()
    const { asked, fetchText } = web(() => ok(other.certificate))
    for (let name = 0; name < 33; name++) {
      await prove(name, NOW + name * 10 * SECOND_MS, fetchText)
      // One that goes on verifying stays.
      await prove(0, NOW + name * 10 * SECOND_MS, fetchText)
    }
    for (const name of [32, 0, 1]) await find(name, NOW + 400 * SECOND_MS, fetchText)
    expect(asked.slice(33)).toEqual([url(1).href])
  })
})

describe('a certificate is proven', () => {
  /** Whether it serves when it is stale, and SMN is ill. */
  const servesLater = async (first: { key: string }) => {
    const { verify } = createHuawei()
    const settings = settingsOf()
    await Promise.allSettled([verify(deliver(changed('alarm', {}), first), settings, web().fetchText)])
    const later = deliver(changed('alarm', {}), { atMs: NOW + 7 * HOUR_MS })
    const ill = web(() => new UnreachableError('no answer'))
    return (await Promise.allSettled([verify(later, settings, ill.fetchText)]))[0].status === 'fulfilled'
  }

  test.for([
    ['by a message that it fits', own.key, true],
    ['not by one that it does not fit', other.key, false],
  ] as const)('%s', async ([, key, serves]) => {
    expect(await servesLater({ key })).toBe(serves)
  })
})
