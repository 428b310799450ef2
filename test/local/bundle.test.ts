import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire, isBuiltin } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { Pool } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOptions } from '../../lib/local/bundle.ts'

const ROOT = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

let folder: string
let metafile: Awaited<ReturnType<typeof build>>['metafile']

// Outside of the project, where only the bundle exists, as in Lambda.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steadyhand-bundle-'))
  const entryPoints = ['lib/cloud/send.ts']
  metafile = (await build({ ...bundleOptions(ROOT), entryPoints, outdir: folder, metafile: true })).metafile
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the part of undici that is bundled is the very class that the public import gives', () => {
  expect(require('undici/lib/dispatcher/pool.js')).toBe(Pool)
})

test('what is left out of the bundle is nothing that loads at once, and still where it was', () => {
  const inputs = Object.keys(metafile?.inputs ?? {}).filter((file) => file.includes('node_modules/undici/'))
  expect(inputs).toContain('node_modules/undici/lib/dispatcher/pool.js')
  expect(inputs.filter((file) => /undici\/index\.js|\/web\/|\/milo\/|llhttp-wasm/.test(file))).toEqual([])
  const [output] = Object.values(metafile?.outputs ?? {})
  const external = output?.imports.filter(({ path }) => path.startsWith('undici/')).map(({ path }) => path) ?? []
  expect([...new Set(external)].sort()).toEqual([
    'undici/lib/llhttp/llhttp-wasm.js',
    'undici/lib/milo/no-simd.js',
    'undici/lib/milo/simd.js',
    'undici/lib/web/fetch/body.js',
    'undici/lib/web/fetch/formdata',
    'undici/lib/web/webidl',
  ])
  for (const path of external) expect(() => require.resolve(path)).not.toThrow()
})

test('what is left out of the SDK is imported only while it runs, and never loaded at once', async () => {
  const options = { ...bundleOptions(ROOT), entryPoints: ['functions/sweep-runs.ts'], outdir: folder }
  const { outputs } = (await build({ ...options, metafile: true, write: false })).metafile
  const leftOut = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ path }) => !isBuiltin(path)))
  expect([...new Set(leftOut.map(({ path, kind }) => `${kind} ${path}`))].sort()).toEqual([
    'dynamic-import @aws-sdk/credential-provider-http',
    'dynamic-import @aws-sdk/credential-provider-ini',
    'dynamic-import @aws-sdk/credential-provider-process',
    'dynamic-import @aws-sdk/credential-provider-sso',
    'dynamic-import @aws-sdk/credential-provider-web-identity',
    'dynamic-import @smithy/core/event-streams',
    'dynamic-import @smithy/credential-provider-imds',
  ])
})

test.for([
  ['functions/sweep-runs.ts', 'NativeModule internal/deps/undici/undici'],
  ['lib/cloud/send.ts', 'NativeModule assert'],
] as const)('the bundle of %s does not load %s', async ([entry, module]) => {
  const outfile = join(folder, 'loaded.mjs')
  await build({ ...bundleOptions(ROOT), entryPoints: [entry], outfile })
  // A function without its environment stops after all of its imports.
  const program = `import(${JSON.stringify(pathToFileURL(outfile).href)}).catch(() => undefined)
    .then(() => console.log(process.moduleLoadList.join('\\n')))`
  const { stdout } = spawnSync(process.execPath, ['--eval', program], { encoding: 'utf8' })
  const loaded = stdout.split('\n')
  expect(loaded).toContain('NativeModule net')
  expect(loaded).not.toContain(module)
})

test('the bundle alone sends and receives', async () => {
  const server = createServer((request, response) => request.pipe(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // listening on TCP
  const { createSend } = await import(pathToFileURL(join(folder, 'send.mjs')).href)
  const send = createSend()
  for (const fresh of [false, true]) {
    const answer = await send(
      { origin, method: 'PUT', path: '/', headers: {}, body: 'echo' },
      { timeoutMs: 5_000, fresh },
    )
    expect(answer).toMatchObject({ status: 200, text: 'echo' })
  }
  await send.close()
  await new Promise((resolve) => server.close(resolve))
})
