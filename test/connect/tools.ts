import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './snippets.ts'

/** The tools that read the pages' code. Each is installed into the cache once; another version is another folder. */
export const VERSIONS = {
  /** PyPI. */
  'cfn-lint': '1.58.0',
  /** PyPI. */
  'python-hcl2': '8.1.4',
  /** `github.com/prometheus/alertmanager`, built by Go. */
  amtool: 'v0.34.1',
  /** npm. */
  'aws-cdk-lib': '2.276.0',
  /** npm. */
  constructs: '10.8.1',
  /** Terraform's own registry, or a mirror of it. `terraform` itself is the one on the PATH. */
  'hashicorp/aws': '5.100.0',
} as const

export const CACHE = join(ROOT, 'node_modules/.cache/connect')

/** Building amtool takes two minutes on two cores. */
const TIMEOUT_MS = 15 * 60_000

export interface Ran {
  ok: boolean
  /** Both streams, without the blank lines at the end. */
  output: string
}

interface RunOptions {
  cwd?: string
  env?: Readonly<Record<string, string>>
}

/** A command that is not there is one that fails. */
export function run(command: string, args: string[], { cwd = CACHE, env = {} }: RunOptions = {}): Promise<Ran> {
  mkdirSync(CACHE, { recursive: true })
  const options = { cwd, env: { ...process.env, ...env }, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim() || (error?.message ?? '')
      resolve({ ok: error === null, output })
    })
  })
}

/** @throws {Error} with what the command said */
async function mustRun(command: string, args: string[], options?: RunOptions): Promise<void> {
  const { ok, output } = await run(command, args, options)
  if (!ok) throw new Error(`${command} ${args.join(' ')}: ${output}`)
}

/** @returns the folder of its commands; undefined if there is no Python */
export async function python(name: 'cfn-lint' | 'python-hcl2'): Promise<string | undefined> {
  const folder = join(CACHE, `${name}-${VERSIONS[name]}`)
  const commands = join(folder, 'bin')
  if (isInstalled(folder)) return commands
  if (!(await run('python3', ['--version'])).ok) return undefined
  await mustRun('python3', ['-m', 'venv', '--clear', folder])
  await mustRun(join(commands, 'pip'), ['install', '--quiet', `${name}==${VERSIONS[name]}`])
  return installed(folder, commands)
}

/** @returns the command; undefined if there is no Go */
export async function amtool(): Promise<string | undefined> {
  const folder = join(CACHE, `amtool-${VERSIONS.amtool}`)
  const command = join(folder, 'amtool')
  if (isInstalled(folder)) return command
  if (!(await run('go', ['version'])).ok) return undefined
  const source = `github.com/prometheus/alertmanager/cmd/amtool@${VERSIONS.amtool}`
  await mustRun('go', ['install', source], { env: { GOBIN: folder, GOFLAGS: '' } })
  return installed(folder, command)
}

/** @returns a folder that has the CDK; code in it is ES modules */
export async function cdk(): Promise<string> {
  const names = ['aws-cdk-lib', 'constructs'] as const
  const folder = join(CACHE, `cdk-${VERSIONS['aws-cdk-lib']}`)
  if (isInstalled(folder)) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const packages = names.map((name) => `${name}@${VERSIONS[name]}`)
  await mustRun('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: folder })
  return installed(folder, folder)
}

/** An installation that was interrupted has no mark, and is made anew. */
function isInstalled(folder: string): boolean {
  return existsSync(join(folder, 'installed'))
}

function installed(folder: string, result: string): string {
  writeFileSync(join(folder, 'installed'), '')
  return result
}
