import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { createSend, MAX_ANSWER_BYTES, type SendOptions } from '../../../lib/cloud/send.ts'
import { CLOUDS, HUAWEI, scene, thing } from '../clouds.ts'
import { answers, httpServer } from '../servers.ts'

const MIB = 1024 * 1024

/** The kernel and the streams buffer a few MiB of an answer that nobody reads. */
const IN_FLIGHT_BYTES = 16 * MIB

/** Writes as fast as the other side reads. @returns bytes written */
async function pour(response: ServerResponse, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const closed = once(response, 'close')
  let written = 0
  while (written < bytes && !response.destroyed) {
    written += chunk.byteLength
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), closed])
  }
  response.end()
  return written
}

test.for([
  ['24 MiB in one piece', 24 * MIB, true],
  ['24 MiB in chunks', 24 * MIB, false],
  ['1 GiB in one piece', 1024 * MIB, true],
  ['1 GiB in chunks', 1024 * MIB, false],
] as const)('an answer of %s is cut off at the bound', async ([, bytes, declared]) => {
  let poured = Promise.resolve(0)
  const { origin, arrived } = await httpServer((response) => {
    response.writeHead(200, declared ? { 'content-length': bytes } : {})
    poured = pour(response, bytes)
  })
  const before = process.memoryUsage.rss()
  expect(await scene(HUAWEI, origin).failure('once')).toEqual({
    operation: 'test.thing.once',
    kind: 'unreadable',
    change: 'unknown',
    what: `the answer is larger than ${MAX_ANSWER_BYTES} bytes`,
  })
  expect(await poured).toBeLessThan(IN_FLIGHT_BYTES)
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MIB)
  expect(arrived).toHaveLength(1)
})

test.for(CLOUDS)('$name: an answer of the very bound is read', async (cloud) => {
  const { origin } = await httpServer(answers(200, cloud.ok.padEnd(MAX_ANSWER_BYTES)))
  expect(await scene(cloud, origin).run('once')).toEqual({ ok: true })
})

test('an answer of one byte more than the bound is not read', async () => {
  const { origin } = await httpServer(answers(200, HUAWEI.ok.padEnd(MAX_ANSWER_BYTES + 1)))
  expect(await scene(HUAWEI, origin).failure('once')).toMatchObject({ kind: 'unreadable', change: 'unknown' })
})

test('a refusal of many megabytes is cut off, too', async () => {
  const { origin } = await httpServer(answers(400, HUAWEI.refusal('DCS.4111', 'x'.repeat(24 * MIB))))
  expect(await scene(HUAWEI, origin).failure('once')).toMatchObject({ kind: 'unreadable', change: 'unknown' })
})

test('characters of several bytes survive the seams of chunks', async () => {
  const text = '缓存😀é'
  const bytes = Buffer.from(JSON.stringify({ ok: true, error_code: 'DCS.4111', error_msg: text }))
  const { origin } = await httpServer(async (response) => {
    response.writeHead(400)
    for (const byte of bytes) {
      response.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  expect(await scene(HUAWEI, origin).failure('once')).toMatchObject({ kind: 'busy', what: text })
})

test.for([
  ['read', 8_000],
  ['idempotent', 8_000],
  ['once', 20_000],
] as const)('one attempt at a call that is %s gets %d ms, or what is left', async ([effect, expected]) => {
  const given: number[] = []
  const send = async (_request: unknown, { timeoutMs }: SendOptions) => {
    given.push(timeoutMs)
    return { status: 200, headers: {}, text: HUAWEI.ok }
  }
  const { call } = scene(HUAWEI, 'http://127.0.0.1:1', { send, nowMs: () => 1_000_000 })
  const little = effect === 'once' ? 5_234 : 1_234
  for (const leftMs of [60_000, expected, little]) {
    await call(thing(HUAWEI, effect), { id: 'a' }, { region: 'test-1', deadlineAtMs: 1_000_000 + leftMs })
  }
  expect(given).toEqual([expected, expected, little])
})

test.for([
  [0, false],
  [-1, false],
  [0, true],
] as const)('nothing is sent in %d ms, on a fresh connection: %s', async ([timeoutMs, fresh]) => {
  const { origin, sockets } = await httpServer(answers(200, HUAWEI.ok))
  const send = createSend()
  onTestFinished(() => send.close())
  // A ready connection would send it at once.
  await send({ origin, method: 'GET', path: '/', headers: {} }, { timeoutMs: 1_000, fresh: false })
  await expect(send({ origin, method: 'GET', path: '/', headers: {} }, { timeoutMs, fresh })).rejects.toMatchObject({
    kind: 'timeout',
    change: 'none',
    message: 'not sent: no time was left',
  })
  expect(sockets).toHaveLength(1)
})
