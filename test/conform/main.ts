import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tryCheck } from './check.ts'
import { CHECKS } from './checks.ts'
import { GENERATORS } from './generators.ts'
import { instanceIdOf, startMachine } from './machine.ts'
import { checkLine, generatorLine, HEADING } from './report.ts'
import { tryGenerator } from './try-generator.ts'

/**
 * `npm run conform:api`: public tools read the OpenAPI document of a machine that this starts, make clients of it, and
 * these do what users do. Nothing that they make is changed, and none is given an option. Ends with 0 if all goes well.
 *
 * Without options, the tools are those that npm installs. `-- --all` adds those of Go, Java and Python, and skips what
 * the machine has no command for. `-- --only ogen,spectral` tries these. `-- --url URL` tries another server, which
 * simulates the instances of machine.ts.
 */
const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, only: { type: 'string' }, url: { type: 'string' } },
})
const names = [...GENERATORS, ...CHECKS].map(({ name }) => name)
const only = values.only?.split(',')
const unknown = only?.filter((name) => !names.includes(name)) ?? []
if (unknown.length > 0) throw new Error(`--only takes ${names.join(', ')}, not ${unknown.join(', ')}`)
const isAsked = ({ name, needs }: { name: string; needs: readonly string[] }): boolean =>
  only ? only.includes(name) : values.all || needs.length === 0

const machine = values.url ? undefined : await startMachine()
const url = values.url ?? machine?.machine.url ?? ''
// On lines, so that tools can say where.
const document = JSON.stringify(await (await fetch(`${url}/openapi.json`)).json(), undefined, 2)
const cache = join(import.meta.dirname, '../../node_modules/.cache/conform')
const errors: string[] = []
let skipped = 0

console.log(HEADING)
for (const [index, generator] of GENERATORS.entries()) {
  if (!isAsked(generator)) continue
  const tried = await tryGenerator(generator, { url, document, cache, instanceId: instanceIdOf(index) })
  console.log(generatorLine(generator, tried))
  if (tried.error) errors.push(`${generator.name}: ${tried.error}`)
  if (tried.missing.length > 0) skipped += 1
}
console.log()
for (const check of CHECKS) {
  if (!isAsked(check)) continue
  const tried = await tryCheck(check, { url, document, cache, machine })
  console.log(checkLine(check, tried))
  if (tried.error) errors.push(`${check.name}: ${tried.error}`)
  if (tried.missing.length > 0) skipped += 1
}
await machine?.dispose()

if (skipped > 0) console.log(`\n${skipped} skipped: commands are not on this machine`)
for (const error of errors) console.error(`\n${error}`)
process.exitCode = errors.length > 0 ? 1 : 0
