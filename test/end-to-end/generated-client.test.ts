import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOMES } from './homes.ts'
import { instance, startTestMachine, type TestMachine } from './test-machine.ts'

/** A client that a public tool makes of the document, used as its users would. */

const ROOT = join(import.meta.dirname, '../..')
const seed = instance(1)
const many = [instance(2), instance(3)]

/** Looks what a run would do, starts it, and waits for its end. */
const PROGRAM = `
import { setTimeout } from 'node:timers/promises'
import * as steadyhand from './steadyhand.ts'

const [url = '', instanceId = ''] = process.argv.slice(2)
steadyhand.defaults.baseUrl = url
const plan = await steadyhand.createPlan({ runRequest: { operation: 'dcs.instance.swap', target: { instanceId } } })
if (plan.status !== 200 || plan.data.would !== 'be-sent') throw new Error(JSON.stringify(plan.data))
const asked = await steadyhand.createRun({
  idempotencyKey: 'patch-zone-a',
  prefer: 'wait=5',
  runRequest: { operation: 'dcs.instance.swap', target: { instanceId }, reason: 'zone a is being patched' },
})
if (asked.status !== 200 && asked.status !== 202) throw new Error(JSON.stringify(asked.data))
let run: steadyhand.Run = asked.data
while (run.outcome === undefined) {
  const answer = await steadyhand.getRun({ id: run.id, prefer: 'wait=5' })
  if (answer.status !== 200) throw new Error(String(answer.status))
  run = answer.data
  if (!answer.headers.has('preference-applied')) await setTimeout(500)
}
console.log(JSON.stringify({ id: run.id, state: run.state, summary: run.outcome.summary }))
`

/** Starts a run for each of many targets, and waits for the end of all. */
const BATCH = `
import { setTimeout } from 'node:timers/promises'
import * as steadyhand from './steadyhand.ts'

const [url = '', ...ids] = process.argv.slice(2)
steadyhand.defaults.baseUrl = url
const targets = ids.map((instanceId) => ({ instanceId }))
const asked = await steadyhand.createBatch({
  idempotencyKey: 'patch-zone-b',
  batchRequest: { operation: 'dcs.instance.swap', targets, reason: 'zone b is being patched' },
})
if (asked.status !== 202) throw new Error(JSON.stringify(asked.data))
let batch: steadyhand.Batch = asked.data
while (batch.runs.some(({ outcome }) => outcome === undefined)) {
  await setTimeout(500)
  const answer = await steadyhand.getBatch({ id: batch.id })
  if (answer.status !== 200) throw new Error(String(answer.status))
  batch = answer.data
}
console.log(JSON.stringify(batch.states))
`

const asking = (runRequest: string): string => `
import * as steadyhand from './steadyhand.ts'
await steadyhand.createRun({ runRequest: ${runRequest} })
`

const WRONG: Record<string, string> = {
  'an unknown operation': asking(`{ operation: 'dcs.instance.explode', target: { instanceId: 'a' } }`),
  "another operation's target": asking(`{ operation: 'dcs.instance.swap', target: { clusterId: 'a', services: [] } }`),
  "another operation's params": asking(
    `{ operation: 'dcs.instance.swap', target: { instanceId: 'a' }, params: { strategy: { rolling: true } } }`,
  ),
  'no target': asking(`{ operation: 'dcs.instance.swap' }`),
  'no params where they are needed': asking(
    `{ operation: 'emr.service.restart', target: { clusterId: 'a', services: [{ name: 'HDFS' }] } }`,
  ),
  'an unknown field': asking(`{ operation: 'dcs.instance.swap', target: { instanceId: 'a' }, force: true }`),
  'many targets of a run': asking(`{ operation: 'dcs.instance.swap', targets: [{ instanceId: 'a' }] }`),
  'one target of a batch': `
import * as steadyhand from './steadyhand.ts'
await steadyhand.createBatch({ batchRequest: { operation: 'dcs.instance.swap', target: { instanceId: 'a' } } })
`,
  'an unknown state': `
import * as steadyhand from './steadyhand.ts'
await steadyhand.listRuns({ state: ['done'] })
`,
}

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ES2024', 'DOM'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
}

const run = promisify(execFile)
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  let folder: string
  beforeAll(async () => {
    on = await startTestMachine(home, { dcs: { workMs: { swap: 1_000 }, instances: [seed, ...many] } })
    folder = mkdtempSync(join(tmpdir(), 'steadyhand-client-'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
    write('package.json', '{"type":"module"}')
    write('tsconfig.json', JSON.stringify(TSCONFIG))
    write('openapi.json', await (await on.get('/openapi.json')).text())
    await run(bin('oazapfts'), ['openapi.json', 'steadyhand.ts', '--argumentStyle=object'], { cwd: folder })
    write('program.ts', PROGRAM)
    write('batch.ts', BATCH)
    Object.values(WRONG).forEach((text, index) => {
      write(`wrong-${index}.ts`, text)
    })
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await on.dispose()
  })

  test('a program against the generated client is well typed, and each wrong one is not', async () => {
    const { stdout } = await run(bin('tsc'), ['--pretty', 'false'], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    )
    const files = new Set([...stdout.matchAll(/^(\S+)\(\d+,\d+\): error/gm)].map(([, file]) => file))
    expect([...files].sort()).toEqual(Object.keys(WRONG).map((_, index) => `wrong-${index}.ts`))
  })

  test('the generated client starts a run and waits for its end; asked again it is the same run, and the cloud was asked once', async () => {
    const start = async (): Promise<unknown> => {
      const { stdout } = await run(process.execPath, ['program.ts', on.machine.url, seed.id], { cwd: folder })
      return JSON.parse(stdout)
    }
    const first = await start()
    expect(first).toMatchObject({
      state: 'succeeded',
      summary: expect.stringMatching(/ succeeded: .* \(after \d+ s\)/),
    })
    expect(await start()).toEqual(first)
    expect(on.writes()).toHaveLength(1)
  })

  test('the generated client starts a batch, and follows it to its end', async () => {
    const ids = many.map(({ id }) => id)
    const { stdout } = await run(process.execPath, ['batch.ts', on.machine.url, ...ids], { cwd: folder })
    expect(JSON.parse(stdout)).toEqual({ succeeded: 2 })
    const asked = ids.map((id) => on.writes().filter(({ path }) => path.includes(id)).length)
    expect(asked).toEqual([1, 1])
  })
})
