import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Admitted } from '../../../lib/local/http/admission.ts'
import { readBody } from '../../../lib/local/http/request-body.ts'

const KB = 1024

async function read(chunks: string[], most: number, room = Number.POSITIVE_INFINITY) {
  const held: number[] = []
  const place: Admitted = {
    hold: (bytes) => {
      if (bytes > room) return false
      held.push(bytes)
      return true
    },
    leave: () => undefined,
  }
  // As much of a request as is read of it.
  const message = Object.assign(new PassThrough(), { headers: {} }) as unknown as IncomingMessage & PassThrough
  const body = readBody(message, most, place)
  for (const chunk of chunks) message.write(chunk)
  message.end()
  return { body: (await body).toString(), held }
}

test.for([
  ['no body', [], [], ''],
  ['one chunk', ['x'.repeat(40 * KB)], [40 * KB], 'x'.repeat(40 * KB)],
  ['chunks of one byte', [...'xyz'.repeat(20 * KB)], [16 * KB, 32 * KB, 64 * KB], 'xyz'.repeat(20 * KB)],
  ['up to the most', Array(100).fill('x'.repeat(KB)), [16 * KB, 32 * KB, 64 * KB, 100 * KB], 'x'.repeat(100 * KB)],
] as const)('%s: holds no more than twice what came', async ([, chunks, held, body]) => {
  expect(await read([...chunks], 100 * KB)).toEqual({ body, held })
})

test.for([
  ['one byte too many', 101, Number.POSITIVE_INFINITY, 'too large', [16 * KB, 32 * KB, 64 * KB, 100 * KB]],
  ['more than there is room for', 50, 32 * KB, 'no room', [16 * KB, 32 * KB]],
  ['more than the quota', 11 * KB, Number.POSITIVE_INFINITY, 'too large', [16 * KB, 32 * KB, 64 * KB, 100 * KB]],
] as const)('%s is not held', async ([, chunks, room, fault, held]) => {
  expect(await read(Array(chunks).fill('x'.repeat(KB)), 100 * KB, room)).toEqual({ body: fault, held })
})
