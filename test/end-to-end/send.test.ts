import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ONE_MACHINE } from './homes.ts'
import { type SeenRun, startTestMachine, type TestMachine } from './test-machine.ts'

let on: TestMachine
beforeAll(async () => {
  // What is sent has the time of the process that sends it.
  on = await startTestMachine(ONE_MACHINE, { speed: 1, dcs: { workMs: { restart: 10_000, flush: 10_000 } } })
})
afterAll(() => on.dispose())

const ROOT = join(import.meta.dirname, '../..')

interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** As users run it, beside a machine that runs. */
async function send(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    PORT: new URL(on.machine.url).port,
    DATA_DIR: on.machine.dataDir,
    ...environment,
  }
  try {
    const main = join(ROOT, 'lib/local/send.ts')
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...args], { cwd: ROOT, env })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as Ended // of execFile
    return { code, stdout, stderr }
  }
}

const stored = async (): Promise<SeenRun[]> =>
  ((await (await on.get('/runs?limit=100')).json()) as { runs: SeenRun[] }).runs

describe('a sample that is sent', () => {
  test.for([
    ['generic/flush-requested', 'dcs.instance.flush', 'change-desk'],
    ['cloudwatch/redis-unresponsive', 'dcs.instance.restart', 'restart-unresponsive-redis'],
  ] as const)('five times starts one run, and the cloud is asked once: %s', async ([sample, operation, rule]) => {
    const [runs, writes] = [(await stored()).length, on.writes().length]
    const { code, stdout, stderr } = await send([sample, '--times', '5'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`events/${sample}.json 5 times to ${on.machine.url}/`)
    expect(stdout).toContain('\n202 (5 times)\n')
    expect(stdout).toContain(`  rule ${rule}  run_`)
    const [run, ...others] = await stored()
    expect([others.length, run]).toEqual([runs, expect.objectContaining({ operation })])
    expect(await on.end(run?.id ?? '')).toMatchObject({ state: 'succeeded' })
    expect(on.writes().length).toBe(writes + 1)
  })

  test('of a source that wants an answer of its own is answered 200, also where it starts a run', async () => {
    const { code, stdout } = await send(['tencent/hdfs-datanode-down'])
    expect(code).toBe(0)
    expect(stdout).toContain('\n200\n')
    expect(stdout).toMatch(/ {2}rule restart-stalled-datanode {2}run_[0-9a-f]{32}\n/)
  })

  test('says which run it started, and how far that is', async () => {
    const { stdout } = await send(['generic/flush-requested'])
    expect(stdout).toMatch(
      /\n {2}msg_\S+ {2}rule change-desk {2}(run_[0-9a-f]{32})\n\1 {2}dcs\.instance\.flush {2}[a-z]+\n$/,
    )
  })

  test('again is the next occurrence, and another run', async () => {
    const before = (await stored()).length
    await send(['flush-requested'])
    expect((await stored()).length).toBe(before + 1)
  })

  test('says why nothing is to be done', async () => {
    const before = (await stored()).length
    const { code, stdout } = await send(['grafana/test'])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/\n200\n {2}grafana {2}ignored: a test of the contact point\n$/),
    ])
    expect((await stored()).length).toBe(before)
  })

  test('with a secret that is not known there ends with 1, and shows the answer', async () => {
    const { code, stdout } = await send(['generic/flush-requested'], {
      WEBHOOK_GENERIC_SECRETS: `whsec_${'C'.repeat(32)}`,
    })
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/\n401 {2}\{"type":"http:\/\/127\.0\.0\.1:\d+\/problems\/unauthenticated",.*"status":401,/),
    ])
  })
})

test('without a sample, all are listed', async () => {
  const { code, stdout } = await send([])
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^npm run send -- <sample>[\s\S]*\n {2}generic\/flush-requested\n/),
  ])
})

test.for([
  [
    ['generic/flush-request'],
    'no single sample is called "generic/flush-request". Do you mean\n  generic/flush-requested\n',
  ],
  [['generic/flush-requested', '--times', '0'], '--times takes a whole number from 1 to 1000, not "0"'],
  [['generic/flush-requested', '--to', 'http://127.0.0.1:9'], 'http://127.0.0.1:9 does not answer: bad port'],
] as const)('%j ends with 1, and says what is wrong', async ([args, message]) => {
  const { code, stderr } = await send([...args])
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
})

describe('an instance', () => {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const isDelivery = request.url?.startsWith('/deliveries')
    const results = [{ subject: 'redis', rule: 'r', refused: `\u001b[2Jthere is no tag` }]
    const deliveries = [
      { createdAt: new Date().toISOString(), results },
      { createdAt: '2026-01-01T00:00:00.000Z', results: [] },
    ]
    if (request.url === '/webhooks/generic') response.writeHead(307, { location: '/elsewhere' })
    response.end(JSON.stringify(isDelivery ? { deliveries } : { matched: 1 }))
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => server.close())
  const to = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port

  test('that does not answer with results is asked what it recorded; no control character is printed', async () => {
    const { code, stdout } = await send(['cloudwatch/redis-unresponsive', '--to', to()])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/\n200\n {2}redis {2}rule r {2}refused: \\u001b\[2Jthere is no tag\n$/),
    ])
  })

  test('that does not run is not there, and it is said what to start', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const { port } = gone.address() as AddressInfo // it listens on a port
    await new Promise((resolve) => gone.close(resolve))
    const { code, stderr } = await send(['generic/flush-requested'], { PORT: String(port) })
    expect([code, stderr]).toEqual([1, `nobody listens at http://127.0.0.1:${port}: npm start must be running\n`])
  })

  test('that redirects is not followed', async () => {
    requests.length = 0
    expect(await send(['generic/flush-requested', '--to', to()])).toMatchObject({ code: 1 })
    expect(requests).toEqual(['POST /webhooks/generic'])
  })
})
