import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { rulesOfMachine } from '../../lib/local/rules-in-force.ts'
import { welcome } from '../../lib/local/welcome.ts'
import type { SimulatedDcs } from '../../lib/simulators/dcs.ts'
import type { SimulatedEmr } from '../../lib/simulators/emr.ts'

const rules = rulesOfMachine(join(import.meta.dirname, '../..'), { environment: {}, isReal: false })
const url = 'http://127.0.0.1:3000'
const SIMULATED = {
  simulatedDcs: { url: 'http://127.0.0.1:4001' } as SimulatedDcs, // nothing else of it is shown
  simulatedEmr: { url: 'http://127.0.0.1:4002' } as SimulatedEmr,
}
const HUAWEI = { name: 'Huawei Cloud', region: 'cn-north-4', address: 'https://dcs.cn-north-4.myhuaweicloud.com' }

const plain = { dataDir: '.steadyhand', hasOwnToken: false }

describe('with simulated clouds', () => {
  const text = welcome({ url, rules, realClouds: [], ...SIMULATED }, plain)

  test('the text says where it listens, what is simulated, and which rules are in force', () => {
    expect(text.split('\n').slice(0, 5)).toEqual([
      'Steadyhand listens at http://127.0.0.1:3000; its data is in .steadyhand',
      'No Huawei Cloud credentials are set: a simulated DCS answers at http://127.0.0.1:4001',
      'No Tencent Cloud credentials are set: a simulated EMR answers at http://127.0.0.1:4002',
      expect.stringMatching(/^Rules of events\/sample-rules\.yml: 6 for alarms, \d+ for tickets, /),
      '',
    ])
  })

  test('the commands need no token and name instances of the simulated clouds', () => {
    expect(text.split('\n').slice(5)).toEqual([
      `  curl -s ${url}/runs -H 'content-type: application/json' -d '{"operation":"dcs.instance.swap","target":{"instanceId":"5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913"},"reason":"trying it out"}'`,
      `  curl -s ${url}/runs -H 'content-type: application/json' -d '{"operation":"emr.service.restart","target":{"clusterId":"emr-4zvc5mul","services":[{"name":"YARN"}]},"params":{"strategy":{"rolling":true}}}'`,
      `  npm run send -- cloudwatch/redis-unresponsive --to ${url}`,
      `  curl -s ${url}/runs`,
      '',
    ])
  })
})

describe('with a real cloud', () => {
  const machine = { url, rules, realClouds: [HUAWEI], simulatedEmr: SIMULATED.simulatedEmr }

  test('the text says that requests are carried out there, and gives no instance', () => {
    const text = welcome({ ...machine, apiTokenFile: '.steadyhand/api-token' }, plain)
    expect(text).toContain(
      'Huawei Cloud is real (cn-north-4, https://dcs.cn-north-4.myhuaweicloud.com): requests are carried out there\n' +
        'No Tencent Cloud credentials',
    )
    expect(text).not.toContain('simulated DCS')
    expect(text).toContain('"instanceId":"<instance id>"')
    expect(text).toContain('"clusterId":"emr-4zvc5mul"')
  })

  test('the text names the file of the token that was made, and each curl reads it', () => {
    const text = welcome({ ...machine, apiTokenFile: '.steadyhand/api-token' }, plain)
    expect(text).toContain('All requests but /health and /webhooks need the token in .steadyhand/api-token\n')
    expect(text.match(/-H "authorization: Bearer \$\(cat \.steadyhand\/api-token\)"/g)).toHaveLength(3)
  })

  test('each curl takes the API_TOKEN that is set, and its value is not shown', () => {
    const text = welcome(machine, { ...plain, hasOwnToken: true })
    expect(text).not.toContain('All requests but')
    expect(text.match(/-H "authorization: Bearer \$API_TOKEN"/g)).toHaveLength(3)
  })
})

describe('another data folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-welcome-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is named where a sample is sent', () => {
    const text = welcome({ url, rules, realClouds: [], ...SIMULATED }, { ...plain, dataDir: '/var/lib/steadyhand' })
    expect(text).toContain(`\n  DATA_DIR=/var/lib/steadyhand npm run send -- cloudwatch/`)
  })

  test.skipIf(process.platform === 'win32').for<[string, string]>([
    ['a blank', 'my data'],
    ['a quote', "o'hara"],
    ['what a shell would carry out', '$(touch hacked) `id` "x"; y'],
  ])('with %s in its name is quoted for a shell', ([, name]) => {
    const dataDir = join(folder, name)
    mkdirSync(dataDir)
    const apiTokenFile = join(dataDir, 'api-token')
    writeFileSync(apiTokenFile, 'the-token\n')
    const text = welcome({ url, rules, realClouds: [HUAWEI], apiTokenFile }, { dataDir, hasOwnToken: false })
    const shell = (command: string) => execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })
    const list = text.trimEnd().split('\n').at(-1)?.replace('curl -s', "printf '%s\\n'") ?? ''
    expect(shell(list)).toBe(`${url}/runs\n-H\nauthorization: Bearer the-token\n`)
    const send =
      text
        .split('\n')
        .find((line) => line.includes('npm run send'))
        ?.replace(/npm run send.*/, '') ?? ''
    expect(shell(`${send} printenv DATA_DIR`)).toBe(`${dataDir}\n`)
  })
})
