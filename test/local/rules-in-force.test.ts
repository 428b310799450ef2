import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { ruleCounts, rulesOfMachine, rulesOfPackage } from '../../lib/local/rules-in-force.ts'

/** The rules of a machine and of a package, and where the samples' rules are rejected. */

const ROOT = join(import.meta.dirname, '../..')
/** A user's folder with the shipped rules. */
const root = mkdtempSync(join(tmpdir(), 'steadyhand-rules-of-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(join(root, 'events'), { recursive: true, force: true })
  mkdirSync(join(root, 'events'))
  for (const file of ['rules.yml', 'sample-rules.yml']) cpSync(join(ROOT, 'events', file), join(root, 'events', file))
})

const OWN = `rules:
  - { name: own, when: { alarm: a }, run: dcs.instance.swap, target: { instanceId: 2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef } }`
const SAMPLES = 'events/sample-rules.yml'
const copySamples = () => cpSync(join(root, SAMPLES), join(root, 'events/rules.yml'))

describe('a machine', () => {
  test.for([
    ['without a real cloud', {}, false, SAMPLES, 6],
    ['with a real cloud', {}, true, 'events/rules.yml', 0],
    ['with RULES_FILE', { RULES_FILE: 'own.yml' }, true, 'own.yml', 1],
    ['with RULES_FILE, without a real cloud', { RULES_FILE: 'own.yml' }, false, 'own.yml', 1],
    ['with an absolute RULES_FILE', { RULES_FILE: join(root, 'own.yml') }, true, join(root, 'own.yml'), 1],
  ] as const)('%s has the rules that it is meant to have', ([, environment, isReal, file, alarms]) => {
    writeFileSync(join(root, 'own.yml'), OWN)
    const found = rulesOfMachine(root, { environment, isReal })
    expect([found.file, found.rules.rules.length]).toEqual([file, alarms])
  })

  test('with a real cloud does not take the rules of the samples, under whatever name', () => {
    copySamples()
    const refusal = 'these are the rules of the samples, which are not accepted where a cloud is real'
    for (const RULES_FILE of [undefined, SAMPLES, join(root, SAMPLES)]) {
      expect(() => rulesOfMachine(root, { environment: { RULES_FILE }, isReal: true })).toThrow(refusal)
    }
    writeFileSync(join(root, 'events/rules.yml'), OWN)
    expect(rulesOfMachine(root, { environment: {}, isReal: true }).rules.rules).toHaveLength(1)
  })

  test('with a real cloud does not take the rules of the samples with a policy, whose places depend on the file', () => {
    const policy = "policy: [{ name: all, who: {}, operations: '*', resources: '*', allow: true }]\n"
    writeFileSync(join(root, SAMPLES), `rules: []\n${policy}`)
    writeFileSync(join(root, 'events/rules.yml'), `# mine\nrules: []\n${policy}`)
    expect(() => rulesOfMachine(root, { environment: {}, isReal: true })).toThrow('these are the rules of the samples')
  })

  test.for([
    ['that is not there', 'nowhere.yml', 'nowhere.yml: the rules cannot be read: ENOENT'],
    ['that is a folder', 'events', 'events: the rules cannot be read: EISDIR'],
  ] as const)('does not start with a file %s', ([, RULES_FILE, message]) => {
    expect(() => rulesOfMachine(root, { environment: { RULES_FILE }, isReal: false })).toThrow(message)
  })
})

test('a policy is counted for people', () => {
  const policy = [{ name: 'all', who: {}, operations: '*', resources: ['*'], allow: true }]
  expect(
    ruleCounts({ defaults: {}, lists: {}, groups: {}, windows: {}, rules: [], tickets: [], requests: [], policy }),
  ).toMatch(/, 1 of policy$/)
})

test('what is in force is counted for people', () => {
  expect(ruleCounts(rulesOfMachine(root, { environment: {}, isReal: true }).rules)).toBe(
    '0 for alarms, 0 for tickets, 0 for requests, 0 for callers',
  )
})

describe('npm run package', () => {
  test('takes the rules of the samples for the stage dev alone', () => {
    copySamples()
    expect(rulesOfPackage(root, 'dev').rules.rules.length).toBeGreaterThan(0)
    expect(() => rulesOfPackage(root, 'prod')).toThrow('which are not accepted in stage prod')
  })

  test.for([['--stage', 'prod'], ['--stage=prod'], ['-s', 'prod'], ['--region', 'eu-west-1', '--stage', 'prod']])(
    'reads the stage of %s',
    async (args) => {
      copySamples()
      expect(await packaged(args)).toEqual([1, expect.stringContaining('not accepted in stage prod')])
    },
  )

  test('ends with 1, and says which line, where the rules are wrong', async () => {
    writeFileSync(join(root, 'events/rules.yml'), 'rules:\n  - name: one\n')
    expect(await packaged([])).toEqual([1, expect.stringMatching(/^events\/rules\.yml:2: rules\.0\./)])
  })
})

/** @returns the exit code, and the message */
function packaged(args: string[]): Promise<[number, string]> {
  const script = join(ROOT, 'lib/local/package.ts')
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, 'package', ...args], { cwd: root }, (_, _out, said) =>
      resolve([child.exitCode ?? -1, said]),
    )
  })
}
