import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createFetchText, UnreachableError } from '../../lib/sources/fetch-text.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
})

/** A server and its client, which uses another host name: TLS is not tested here. */
async function asking(listener: RequestListener, { timeoutMs = 2000 } = {}) {
  const seen: { url: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers })
    listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo // It listens on a port.
  const fetchText = createFetchText(
    ({ pathname, search }, init) => fetch(`http://127.0.0.1:${port}${pathname}${search}`, init),
    { timeoutMs },
  )
  return { seen, fetchText }
}

const URL_OF = new URL('https://smn.example/a?token=secret-token')

test('the text is returned for any status', async () => {
  const { seen, fetchText } = await asking((_request, response) => response.writeHead(404).end('grüße'))
  expect(await fetchText(URL_OF, { authorization: 'Bearer x' })).toEqual({ status: 404, text: 'grüße' })
  expect(seen.map(({ url, headers }) => [url, headers.authorization, headers.cookie])).toEqual([
    ['/a?token=secret-token', 'Bearer x', undefined],
  ])
})

test('a redirect is an answer, and is not followed', async () => {
  const { seen, fetchText } = await asking((_request, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end('moved'),
  )
  expect(await fetchText(URL_OF)).toEqual({ status: 302, text: 'moved' })
  expect(seen).toHaveLength(1)
})

test('a cookie is not sent back', async () => {
  const { seen, fetchText } = await asking((_request, response) =>
    response.writeHead(200, { 'set-cookie': 'a=b' }).end(),
  )
  await fetchText(URL_OF)
  await fetchText(URL_OF)
  expect(seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined])
})

test.for([
  ['a MiB is read', 1024 * 1024, '1024 KiB'],
  ['a byte more is too much', 1024 * 1024 + 1, 'the answer has more than 1048576 bytes'],
] as const)('%s', async ([, bytes, outcome]) => {
  const { fetchText } = await asking((_request, response) => response.end('x'.repeat(bytes)))
  const told = await fetchText(URL_OF).then(
    ({ text }) => `${text.length / 1024} KiB`,
    (error) => error.message,
  )
  expect(told).toContain(outcome)
})

test('an endless answer is aborted', async () => {
  const { fetchText } = await asking((_request, response) => {
    const pour = (): void =>
      void (response.write('x'.repeat(16_384)) ? setImmediate(pour) : response.once('drain', pour))
    pour()
  })
  await expect(fetchText(URL_OF)).rejects.toThrow('more than 1048576 bytes')
})

test.for<[string, RequestListener]>([
  ['does not answer', () => undefined],
  ['stops in the midst', (_request, response) => void response.write('x')],
  [
    'trickles',
    (_request, response) => {
      const trickle = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(trickle))
    },
  ],
])('a request to a host that %s is given up, and the error shows no token', async ([, listener]) => {
  const { fetchText } = await asking(listener, { timeoutMs: 100 })
  const failed = fetchText(URL_OF)
  await expect(failed).rejects.toThrow(UnreachableError)
  await expect(failed).rejects.toThrow(/^GET smn\.example\/a: no answer in 100 ms$/)
})

test('requests one after the other share one timeout', async () => {
  const { seen, fetchText } = await asking((_request, response) => setTimeout(() => response.end('x'), 60), {
    timeoutMs: 150,
  })
  const askOn = async (): Promise<never> => {
    await fetchText(URL_OF)
    return askOn()
  }
  await expect(askOn()).rejects.toThrow('no answer in 150 ms')
  expect(seen.length).toBeLessThanOrEqual(3)
})

test('a connection that fails is reported by its code', async () => {
  const { fetchText } = await asking((request) => request.socket.destroy())
  const failed = fetchText(URL_OF)
  await expect(failed).rejects.toThrow(UnreachableError)
  await expect(failed).rejects.toThrow(/^GET smn\.example\/a: (UND_ERR_SOCKET|ECONNRESET)$/)
})

test.for([
  'http://smn.example/a',
  'https://user@smn.example/a',
  'https://:password@smn.example/a',
  'https://127.0.0.1/a',
  'https://127.1/a',
  'https://2130706433/a',
  'https://0x7f.0.0.1/a',
  'https://127.0.0.1./a',
  'https://[::1]/a',
  'https://[::ffff:127.0.0.1]/a',
  'file:///etc/passwd',
  'data:text/plain,x',
])('no request is sent to %s', async (link) => {
  const { seen, fetchText } = await asking((_request, response) => response.end('x'))
  await expect(fetchText(new URL(link))).rejects.toThrow(UnreachableError)
  expect(seen).toEqual([])
})
