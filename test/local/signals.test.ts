import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'

/** Ends `npm start` by signals. */

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'steadyhand-signals-'))
const children: ChildProcess[] = []
afterEach(() => {
  for (const { pid } of children.splice(0)) killGroup(pid)
  rmSync(folder, { recursive: true, force: true })
})

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

interface Line {
  message: string
  url?: string
}

interface Started {
  child: ChildProcess
  url: string
  lines: Line[]
  ended: Promise<[code: number | null, signal: string | null]>
}

async function start(command: string, args: string[]): Promise<Started> {
  const child = spawn(command, args, {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, DATA_DIR: join(folder, 'data'), PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: Line[] = []
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
    const whole = text.split('\n')
    text = whole.pop() ?? ''
    // npm first prints the command that it runs.
    lines.push(...whole.filter((line) => line.startsWith('{')).map((line): Line => JSON.parse(line)))
  })
  const ended = new Promise<[number | null, string | null]>((resolve) => child.once('close', (...how) => resolve(how)))
  await expect.poll(() => lines.find(({ message }) => message === 'started')).toBeDefined()
  return { child, url: lines.find(({ url }) => url)?.url ?? '', lines, ended }
}

const startNode = (): Promise<Started> => start(process.execPath, ['lib/local/main.ts'])

test.for(['SIGTERM', 'SIGINT'] as const)('npm start ends well by %s', async (signal) => {
  const { child, lines, ended } = await start('npm', ['start'])
  child.kill(signal)
  await ended
  expect(lines.slice(-2)).toMatchObject([{ message: 'stopping', signal }, { message: 'stopped' }])
})

test('a request that waits for a run is answered 202, and the process ends with 0', async () => {
  const { child, url, ended } = await startNode()
  const body = JSON.stringify({ operation: 'dcs.instance.swap', target: { instanceId: SEED_INSTANCES[1]?.id } })
  const asked = fetch(`${url}/runs`, {
    method: 'POST',
    body,
    headers: { prefer: 'wait=25', 'content-type': 'application/json' },
  })
  await expect.poll(async () => (await (await fetch(`${url}/runs`)).text()).includes('"run_')).toBe(true)
  child.kill('SIGTERM')
  const response = await asked
  expect([response.status, await response.json()]).toMatchObject([202, { operation: 'dcs.instance.swap' }])
  expect(await ended).toEqual([0, null])
})

test('a second signal ends it at once, whatever is in hand', async () => {
  const { child, url, lines, ended } = await startNode()
  const { hostname, port } = new URL(url)
  // The machine waits 20 s for a body that does not come.
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write('POST /runs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{')
  await expect.poll(async () => (await fetch(`${url}/health`)).status).toBe(200)
  child.kill('SIGTERM')
  await expect.poll(() => lines.at(-1)?.message).toBe('stopping')
  child.kill('SIGTERM')
  expect(await ended).toEqual([null, 'SIGTERM'])
  expect(lines.at(-1)?.message).toBe('stopping')
  socket.destroy()
})
