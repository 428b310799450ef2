import { execFile } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { npmStart, ROOT, type Started } from './npm-start.ts'
import { patientFetch } from './patient-fetch.ts'

/** `npm start` with credentials of an account: whoever asks needs a token. Nothing answers at the address of the cloud. */

const folder = mkdtempSync(join(tmpdir(), 'steadyhand-real-'))
const dataDir = join(folder, "it's here")
const CREDENTIALS = {
  HUAWEICLOUD_SDK_AK: 'the-access-key',
  HUAWEICLOUD_SDK_SK: 'the-secret-key',
  HUAWEICLOUD_SDK_PROJECT_ID: '0123456789abcdef0123456789abcdef',
  HUAWEICLOUD_DCS_ENDPOINT: 'http://127.0.0.1:9',
}
const { start: startProcess, killAll } = npmStart()
afterAll(() => {
  killAll()
  rmSync(folder, { recursive: true, force: true })
})

const start = (environment: Record<string, string>) => startProcess({ DATA_DIR: dataDir, ...environment })

const token = (of = dataDir) => readFileSync(join(of, 'api-token'), 'utf8').trim()

describe('a machine with the account of a real cloud', () => {
  let started: Started
  beforeAll(async () => {
    // Those of the samples are not taken where a cloud is real; these differ in a name.
    const rules = readFileSync(join(ROOT, 'events/sample-rules.yml'), 'utf8').replace(
      'name: change-desk',
      'name: our-desk',
    )
    writeFileSync(join(folder, 'rules.yml'), rules)
    started = await start({ ...CREDENTIALS, RULES_FILE: join(folder, 'rules.yml') })
  })
  const sent = (method: string, headers: Record<string, string>): RequestInit =>
    method === 'POST' ? { headers: { 'content-type': 'application/json', ...headers }, body: '{}' } : { headers }
  const status = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> =>
    (await patientFetch(`${started.url}${path}`, { method, ...sent(method, headers) })).status

  test.for([
    ['GET', '/runs', 401, 200],
    ['POST', '/runs', 401, 400],
    ['POST', '/events', 401, 400],
    ['GET', '/openapi.json', 401, 200],
    ['GET', '/nowhere', 401, 404],
    ['GET', '/health', 200, 200],
    ['POST', '/webhooks/generic', 401, 401],
    ['POST', '/webhooks/nobody', 404, 404],
  ] as const)('answers %s %s by %d without the token, and by %d with it', async ([method, path, without, withIt]) => {
    const authorization = `Bearer ${token()}`
    expect([await status(path, {}, method), await status(path, { authorization }, method)]).toEqual([without, withIt])
  })

  test('is asked through a proxy by whoever has the token', async () => {
    const headers = { authorization: `Bearer ${token()}`, 'x-forwarded-for': '203.0.113.7', via: '1.1 proxy' }
    expect(await status('/runs', headers)).toBe(200)
  })

  test('says which cloud is real, and that it wants the token, which it does not show', async () => {
    const [line] = started.lines.filter(({ message }) => message === 'started')
    expect(line).toMatchObject({
      rules: { file: join(folder, 'rules.yml') },
      clouds: [
        { name: 'Huawei Cloud', region: 'cn-north-4', address: 'http://127.0.0.1:9', real: true },
        { name: 'Tencent Cloud', real: false },
      ],
      needsToken: true,
    })
    for (const secret of [token(), CREDENTIALS.HUAWEICLOUD_SDK_AK, CREDENTIALS.HUAWEICLOUD_SDK_SK]) {
      expect(started.text()).not.toContain(secret)
    }
  })

  test('is sent samples by npm run send, which shows what became of them', async () => {
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: new URL(started.url).port }
    const main = join(ROOT, 'lib/local/send.ts')
    for (const sample of ['cloudwatch/redis-unresponsive', 'generic/flush-requested']) {
      const { stdout } = await promisify(execFile)(process.execPath, [main, sample], { cwd: ROOT, env })
      expect(stdout).toMatch(/\n202\n[\s\S]*\nrun_[0-9a-f]{32} {2}dcs\.instance\.\w+ {2}\w+\n$/)
    }
  })
})

test('a token that others can read ends the process', async () => {
  const other = join(folder, 'copied')
  cpSync(dataDir, other, { recursive: true, filter: (file) => !file.includes('steadyhand.') })
  chmodSync(join(other, 'api-token'), 0o644)
  const { child, text } = await start({ ...CREDENTIALS, DATA_DIR: other })
  expect([text(), child.exitCode]).toEqual([
    expect.stringContaining(`${join(other, 'api-token')} can be read or written by others`),
    1,
  ])
})

test.for([
  ['with a token of the environment', { ...CREDENTIALS, API_TOKEN: 'my-own-'.repeat(5) }, 401, false],
  ['with one cloud that is real', { TENCENTCLOUD_SECRET_ID: 'ID', TENCENTCLOUD_SECRET_KEY: 'KEY' }, 401, true],
  ['with simulated clouds only', {}, 200, false],
] as const)('a machine %s', async ([name, environment, status, isMade]) => {
  const own = join(folder, name)
  const { url, lines, kill } = await start({ ...environment, DATA_DIR: own })
  expect((await patientFetch(`${url}/runs`)).status).toBe(status)
  const authorization = `Bearer ${'API_TOKEN' in environment ? environment.API_TOKEN : isMade ? token(own) : 'none'}`
  expect((await patientFetch(`${url}/runs`, { headers: { authorization } })).status).toBe(200)
  expect(existsSync(join(own, 'api-token'))).toBe(isMade)
  expect(lines.find(({ message }) => message === 'started')).toMatchObject({ needsToken: status === 401 })
  await kill()
})
