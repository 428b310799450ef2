import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { movedToNow } from '../../../lib/local/send/shift-times.ts'
import { decidingBy } from '../../../lib/rules/decide.ts'
import { parseRules } from '../../../lib/rules/read-rules.ts'
import { receiveWebhook, type WebhookContext } from '../../../lib/sources/receive.ts'
import type { WebhookRequest } from '../../../lib/sources/source.ts'
import { SOURCES } from '../../../lib/sources/sources.ts'
import { SignatureError } from '../../../lib/sources/verify/signature-error.ts'
import { createWorld } from '../../world/world.ts'
import { delivered, deliveredBy, SCHEMES, type Scheme, sourceOf } from './schemes.ts'

const NOW_MS = Date.parse('2026-11-20T03:12:30Z')
const EVENTS = join(import.meta.dirname, '../../../events')

const samplesOf = ({ source }: Pick<Scheme, 'source'>): string[] =>
  globSync(join(EVENTS, source, '*.json')).map((file) => readFileSync(file, 'utf8'))
const sampleOf = (scheme: Scheme): string => samplesOf(scheme)[0] ?? '{}'

const fetchText = async (): Promise<never> => {
  throw new Error('nothing is fetched')
}

/** @returns the error, whatever it is; undefined where the delivery is authentic */
async function refusal(
  scheme: Scheme,
  delivery: WebhookRequest,
  secrets: readonly string[] = scheme.secrets.slice(0, 1),
): Promise<unknown> {
  const source = sourceOf(scheme)
  try {
    await source.verify(delivery, source.settings.parse(scheme.configured(secrets)), fetchText)
    return undefined
  } catch (error) {
    return error
  }
}

/** Settings that the schema does not let through. */
function withSecrets(settings: unknown, secrets: readonly string[]): unknown {
  const entries = Object.entries(settings ?? {})
  return Object.fromEntries(entries.map(([name, value]) => [name, name.endsWith('_SECRETS') ? secrets : value]))
}

function proofOf({ proof }: Scheme, { headers, query, body }: WebhookRequest): string {
  if ('header' in proof) return headers[proof.header] ?? ''
  return 'query' in proof ? (query[proof.query] ?? '') : JSON.parse(body.toString())[proof.field]
}

function withProof({ proof }: Scheme, delivery: WebhookRequest, value: string): WebhookRequest {
  if ('header' in proof) return { ...delivery, headers: { ...delivery.headers, [proof.header]: value } }
  if ('query' in proof) return { ...delivery, query: { ...delivery.query, [proof.query]: value } }
  const body = JSON.stringify({ ...JSON.parse(delivery.body.toString()), [proof.field]: value })
  return { ...delivery, body: Buffer.from(body) }
}

/** One bit of one character: a letter or digit becomes another. */
function flipped(text: string, index: number): string {
  return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ 1) + text.slice(index + 1)
}

/** Where every scheme that signs has signed it: SMN does not sign all fields. */
function flippedInside(body: Buffer): Buffer {
  const text = body.toString()
  const message = /"message": ?"/.exec(text)
  return Buffer.from(flipped(text, message ? message.index + message[0].length : Math.floor(text.length / 2)))
}

test('every source has its schemes in the table, and every scheme its source', () => {
  expect([...new Set(SCHEMES.map(({ source }) => source))].sort()).toEqual([...SOURCES.keys()].sort())
})

test('every source has a sample, and every folder of samples a source', () => {
  const folders = new Set(globSync(join(EVENTS, '*/*.json')).map((file) => basename(dirname(file))))
  expect([...folders].sort()).toEqual(['cloudwatch', ...SOURCES.keys()].sort())
})

describe.for(SCHEMES)('$source by $by', (scheme) => {
  const [first, second] = scheme.secrets
  const good = (atMs = NOW_MS, secrets: readonly string[] = [first]): WebhookRequest =>
    delivered(scheme, sampleOf(scheme), { secrets, atMs })

  test('accepts a delivery that its source would send', async () => {
    expect(await refusal(scheme, good())).toBeUndefined()
  })

  test('accepts a signature of either of two secrets', async () => {
    expect(await refusal(scheme, good(NOW_MS, [first]), [first, second])).toBeUndefined()
    expect(await refusal(scheme, good(NOW_MS, [second]), [first, second])).toBeUndefined()
  })

  test('refuses another secret', async () => {
    expect(await refusal(scheme, good(NOW_MS, [second]), [first])).toBeInstanceOf(SignatureError)
  })

  test('refuses any flipped bit of the proof', async () => {
    const proof = proofOf(scheme, good())
    // The last characters of base64 have bits that mean nothing.
    const places = [...proof.slice(0, -4)].flatMap((char, index) => (/[A-Za-z0-9]/.test(char) ? [index] : []))
    const taken = []
    for (const index of places) {
      const error = await refusal(scheme, withProof(scheme, good(), flipped(proof, index)))
      if (!(error instanceof SignatureError)) taken.push(flipped(proof, index))
    }
    expect(taken).toEqual([])
    expect(places.length).toBeGreaterThan(10)
  })

  test(scheme.provesBody ? 'refuses a flipped bit of the body' : 'proves nothing about the body', async () => {
    const delivery = good()
    const error = await refusal(scheme, { ...delivery, body: flippedInside(delivery.body) })
    if (scheme.provesBody) expect(error).toBeInstanceOf(SignatureError)
    else expect(error).toBeUndefined()
  })

  test.for(scheme.headers)('refuses without the header %s, and with an empty one', async (name) => {
    const { headers, ...delivery } = good()
    for (const value of [undefined, '']) {
      expect(await refusal(scheme, { ...delivery, headers: { ...headers, [name]: value } })).toBeInstanceOf(
        SignatureError,
      )
    }
  })

  test('refuses a delivery without any proof', async () => {
    expect(await refusal(scheme, { ...withProof(scheme, good(), ''), headers: {}, query: {} })).toBeInstanceOf(
      SignatureError,
    )
  })

  test.for(scheme.headers)('with the header %s twice', async (name) => {
    const { headers, ...delivery } = good()
    const error = await refusal(scheme, {
      ...delivery,
      headers: { ...headers, [name]: `${headers[name]},${headers[name]}` },
    })
    if (scheme.lists?.[name]) expect(error, scheme.lists[name]).toBeUndefined()
    else expect(error).toBeInstanceOf(SignatureError)
  })

  test(
    scheme.window ? 'refuses a time too far in the past or the future' : 'proves nothing about the time',
    async () => {
      const { oldMs, aheadMs } = scheme.window ?? { oldMs: 0, aheadMs: 0 }
      const at = (offMs: number) => refusal(scheme, { ...good(NOW_MS + offMs), atMs: NOW_MS })
      const within = await Promise.all([at(-oldMs + 2_000), at(aheadMs - 2_000)])
      const beyond = await Promise.all([at(-oldMs - 2_000), at(aheadMs + 2_000)])
      const refused = scheme.window ? expect.any(SignatureError) : undefined
      expect([within, beyond]).toEqual([
        [undefined, undefined],
        [refused, refused],
      ])
    },
  )

  test('is not configured without a secret, or with an empty one', () => {
    const { settings } = sourceOf(scheme)
    const variables = [{}, ...(scheme.otherwise ? [] : [scheme.configured([]), scheme.configured([''])])]
    expect(variables.filter((one) => settings.safeParse(one).success)).toEqual([])
  })

  if (scheme.otherwise) return
  test.for([[[]], [['']]] as const)(
    'refuses what the secrets %j sign, were they ever let through',
    async ([secrets]) => {
      const source = sourceOf(scheme)
      const settings = withSecrets(source.settings.parse(scheme.configured([first])), secrets)
      const delivery = deliveredBy(scheme, sampleOf(scheme), settings, '', { atMs: NOW_MS })
      await expect((async () => source.verify(delivery, settings, fetchText))()).rejects.toBeInstanceOf(SignatureError)
    },
  )
})

describe('the secret of another source proves nothing to', () => {
  const SOURCES_THAT_SIGN = SCHEMES.filter(({ by }) => /X-\w+-Signature|HMAC of the body/.test(by))
  const secretOf = ({ source }: Scheme): string => `the-secret-of-${source}`
  /** All of them are configured, as they are in one process. */
  const all = Object.assign({}, ...SOURCES_THAT_SIGN.map((scheme) => scheme.configured([secretOf(scheme)])))
  const pairs = SOURCES_THAT_SIGN.flatMap((scheme) => SOURCES_THAT_SIGN.map((other) => ({ scheme, other })))

  test.for(pairs)('$scheme.source, as that of $other.source', async ({ scheme, other }) => {
    const source = sourceOf(scheme)
    const delivery = delivered(scheme, sampleOf(scheme), { secrets: [secretOf(other)], atMs: NOW_MS })
    const verified = (async () => source.verify(delivery, source.settings.parse(all), fetchText))()
    if (other === scheme) await expect(verified).resolves.not.toThrow()
    else await expect(verified).rejects.toBeInstanceOf(SignatureError)
  })
})

/** Rules that act on every item of any source. */
const RULES = parseRules(
  `
rules: [{ name: any-alarm, when: { alarm: '*' }, run: dcs.instance.restart, target: { instanceId: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }]
tickets: [{ name: any-ticket, when: { source: '*', event: '*' }, run: dcs.instance.restart, target: { instanceId: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }]
requests: [{ name: any-request, when: { source: '*' }, run: '*', resources: '*', allowDataLoss: true }]
`,
  'rules.yml',
)

describe.for(SCHEMES)('a replay from $source by $by', (scheme) => {
  test('starts no second run, whatever the sample, also at once', async () => {
    const started: number[] = []
    for (const sample of samplesOf(scheme)) {
      const world = createWorld()
      const context: WebhookContext = {
        ...decidingBy({ ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4', tencent: 'ap-guangzhou' } }),
        settings: async () => scheme.configured(scheme.secrets),
        fetchText: async () => ({ status: 200, text: '{}' }),
      }
      const source = sourceOf(scheme)
      const settings = source.settings.parse(scheme.configured(scheme.secrets))
      const { text } = movedToNow(sample, world.now(), source.zone?.(settings))
      const delivery = delivered(scheme, text, { atMs: world.now() })
      await receiveWebhook(context, source, delivery)
      const runs = world.runs.size
      // Without the record of the first, only the keys of the runs can tell.
      world.received.clear()
      await Promise.all(Array.from({ length: 5 }, () => receiveWebhook(context, source, delivery)))
      expect(world.runs.size).toBe(runs)
      started.push(runs)
    }
    expect(Math.max(...started)).toBeGreaterThan(0)
  })
})
