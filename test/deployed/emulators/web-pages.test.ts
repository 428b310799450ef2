import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Emulators, startEmulators } from './emulators.ts'

// What a page in a browser on this machine could ask of the embedded SQS, SNS and DynamoDB.

const dir = mkdtempSync(join(tmpdir(), 'steadyhand-pages-'))
let emulators: Emulators
beforeAll(async () => {
  emulators = await startEmulators(join(dir, 'tables'))
})
afterAll(async () => {
  await emulators.close()
  rmSync(dir, { recursive: true, force: true })
})

/** A form needs no leave of the server, and a name of the page's own may lead to this machine. */
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const TABLES = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.ListTables',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b',
}
const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-amz-target' }
const CALLS = [
  ['sns', 'POST', FORM, 'Action=ListTopics&Version=2010-03-31'],
  ['dynamodb', 'POST', TABLES, '{}'],
] as const
const OF_PAGES = [...CALLS, ['dynamodb', 'OPTIONS', PREFLIGHT, ''], ['sqs', 'POST', FORM, 'Action=ListQueues']] as const

test.for(CALLS)('%s answers a program of this machine that sends %s', async ([to, method, headers, body]) => {
  expect(await statusOf(to, method, headers, body)).toBe(200)
})

test.for(OF_PAGES)('%s keeps out a page of another origin that sends %s', async ([to, method, headers, body]) => {
  expect(await statusOf(to, method, { ...headers, origin: 'http://elsewhere.example' }, body)).toBe(403)
})

test.for(OF_PAGES)(
  '%s keeps out a page whose name leads here, and that sends %s',
  async ([to, method, headers, body]) => {
    expect(await statusOf(to, method, { ...headers, host: 'elsewhere.example' }, body)).toBe(403)
  },
)

function statusOf(to: 'sns' | 'sqs' | 'dynamodb', method: string, headers: object, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(emulators.endpoints[to], { method, headers: { ...headers } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
