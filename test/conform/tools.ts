import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from './command.ts'
import { type ToolName, VERSIONS } from './versions.ts'

/** Installs npm packages; their install scripts do not run. */
export function npmInstall(folder: string, names: readonly ToolName[]): Promise<void> {
  const packages = names.map((name) => `${name}@${VERSIONS[name]}`)
  return once(folder, packages, async () => {
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    await command(['npm', 'install', '--save-exact', ...quiet, ...packages], { cwd: folder })
  })
}

/** Makes an environment of Python. */
export function pipInstall(folder: string, names: readonly ToolName[]): Promise<void> {
  const packages = names.map((name) => `${name}==${VERSIONS[name]}`)
  return once(folder, packages, async () => {
    await command(['python3', '-m', 'venv', 'venv'], { cwd: folder })
    await command([pythonIn(folder), '-m', 'pip', 'install', '--quiet', ...packages], { cwd: folder })
  })
}

export function pythonIn(folder: string): string {
  return join(folder, 'venv/bin/python')
}

/** Builds a command. Modules stay in Go's own cache: it is read-only, and `npm ci` could not delete it here. */
export function goInstall(folder: string, path: string): Promise<void> {
  return once(folder, [path], () => command(['go', 'install', path], { cwd: folder, environment: { GOBIN: folder } }))
}

/** Fetches the jar of OpenAPI Generator, by Maven, so that mirrors in its settings are used. */
export function generatorJar(folder: string): Promise<void> {
  const artifact = `org.openapitools:openapi-generator-cli:${VERSIONS['openapi-generator-cli']}`
  const goal = 'dependency:copy'
  return once(folder, [artifact], () =>
    command(['mvn', '-q', '-B', goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], { cwd: folder }),
  )
}

/** Does it unless it was done for the same things. */
async function once(folder: string, things: readonly string[], install: () => Promise<unknown>): Promise<void> {
  const mark = join(folder, 'installed.txt')
  const text = things.join('\n')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === text) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await install()
  writeFileSync(mark, text)
}
