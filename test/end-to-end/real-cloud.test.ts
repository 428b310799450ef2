import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patientFetch } from './patient-fetch.ts'

/** `npm start` with credentials of an account: whoever asks needs a token. Nothing answers at the address of the cloud. */

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'steadyhand-real-'))
const dataDir = join(folder, "it's here")
const CREDENTIALS = {
  HUAWEICLOUD_SDK_AK: 'AK',
  HUAWEICLOUD_SDK_SK: 'SK',
  HUAWEICLOUD_SDK_PROJECT_ID: '0123456789abcdef0123456789abcdef',
  HUAWEICLOUD_DCS_ENDPOINT: 'http://127.0.0.1:9',
}
const processes: ChildProcess[] = []
afterAll(() => {
  for (const child of processes) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** @returns all that it printed, once it listens or has ended */
function start(environment: Record<string, string>): Promise<{ text: string; child: ChildProcess }> {
  const child = spawn(process.execPath, ['lib/standalone/main.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  processes.push(child)
  let text = ''
  return new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk
        if (/curl -s \S+\/runs[^\n]*\n\n?$/.test(text)) resolve({ text, child })
      })
    }
    child.once('exit', () => resolve({ text, child }))
  })
}

const urlIn = (text: string): string => /listens at (\S+);/.exec(text)?.[1] ?? text
const tokenFile = join(dataDir, 'api-token')
const token = (of = dataDir) => readFileSync(join(of, 'api-token'), 'utf8').trim()

describe('a machine with the account of a real cloud', () => {
  let text: string
  let url: string
  beforeAll(async () => {
    // Those of the samples are not taken where a cloud is real; these differ in a name.
    const rules = readFileSync(join(ROOT, 'events/sample-rules.yml'), 'utf8').replace(
      'name: change-desk',
      'name: our-desk',
    )
    writeFileSync(join(folder, 'rules.yml'), rules)
    ;({ text } = await start({ ...CREDENTIALS, RULES_FILE: join(folder, 'rules.yml') }))
    url = urlIn(text)
  })
  const status = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> =>
    (await patientFetch(`${url}${path}`, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) })).status

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

  test('prints commands that bring it along, and not the token itself', async () => {
    expect(text).toContain(`All but /health and /webhooks wants the token in ${tokenFile}\n`)
    expect(text).not.toContain(token())
    const commands = text.split('\n').filter((line) => line.startsWith('  curl'))
    expect(commands).toHaveLength(3)
    const { stdout } = await promisify(execFile)('sh', ['-c', commands.at(-1) ?? ''])
    expect(JSON.parse(stdout)).toEqual({ runs: [] })
  })

  test('is sent samples by npm run send, which shows what became of them', async () => {
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: new URL(url).port }
    const main = join(ROOT, 'lib/standalone/send.ts')
    for (const sample of ['cloudwatch/redis-unresponsive', 'generic/flush-requested']) {
      const { stdout } = await promisify(execFile)(process.execPath, [main, sample], { cwd: ROOT, env })
      expect(stdout).toMatch(/\n202\n[\s\S]*\nrun_[0-9a-f]{32} {2}dcs\.instance\.\w+ {2}\w+\n$/)
    }
  })
})

test('a token that others can read ends the process', async () => {
  chmodSync(tokenFile, 0o644)
  const { text, child } = await start(CREDENTIALS)
  expect([text, child.exitCode]).toEqual([expect.stringContaining(`${tokenFile} is open to others`), 1])
  chmodSync(tokenFile, 0o600)
})

test.for([
  ['with a token of the environment', { ...CREDENTIALS, API_TOKEN: 'my-own-'.repeat(5) }, 401, '$API_TOKEN', false],
  [
    'with one cloud that is real',
    { TENCENTCLOUD_SECRET_ID: 'ID', TENCENTCLOUD_SECRET_KEY: 'KEY' },
    401,
    '$(cat ',
    true,
  ],
  ['with simulated clouds only', {}, 200, '', false],
] as const)('a machine %s', async ([name, environment, status, shown, isMade]) => {
  const own = join(folder, name)
  const { text, child } = await start({ ...environment, DATA_DIR: own })
  expect((await patientFetch(`${urlIn(text)}/runs`)).status).toBe(status)
  const authorization = `Bearer ${'API_TOKEN' in environment ? environment.API_TOKEN : isMade ? token(own) : 'none'}`
  expect((await patientFetch(`${urlIn(text)}/runs`, { headers: { authorization } })).status).toBe(200)
  expect(existsSync(join(own, 'api-token'))).toBe(isMade)
  expect(text.includes('authorization: Bearer')).toBe(shown !== '')
  expect(text).toContain(shown)
  child.kill('SIGKILL')
})
