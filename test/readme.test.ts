import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type * as z from 'zod'
import { listOperations } from '../lib/api/operations.ts'
import { CONFIG } from '../lib/aws/config.ts'
import { parseRules } from '../lib/rules/read-rules.ts'
import { DEAD_LETTER_ID } from '../lib/runs/dead-letter.ts'
import { Collision } from '../lib/runs/run.ts'
import { isFinal, State } from '../lib/runs/states.ts'
import { CATALOGUE } from '../lib/services/catalogue.ts'
import { tableOfStates } from '../lib/services/dcs/states.ts'
import { tableOfClusterStates } from '../lib/services/emr/states.ts'
import { startSimulatedDcs } from '../lib/simulators/dcs.ts'
import { SOURCES } from '../lib/sources/sources.ts'
import { MUTANTS } from './world/story/mutants.ts'
import { createWorld } from './world/world.ts'

const ROOT = join(import.meta.dirname, '..')
const README = readFileSync(`${ROOT}/README.md`, 'utf8')

function table(name: string): string[] {
  const [, text = ''] = new RegExp(`<!-- ${name}: [^>]*-->\n([\\s\\S]*)<!-- /${name} -->`).exec(README) ?? []
  return text.trim().split('\n').slice(2)
}

/** Of a JSON Schema; every target may also say where it is. */
function fieldsOf(schema: unknown): string[] {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, unknown>; required?: string[] } // as zod makes it
  const names = Object.keys(properties).filter((name) => name !== 'account' && name !== 'region')
  return names.map((name) => (required.includes(name) ? `\`${name}\`` : `\`${name}\`?`))
}

interface Described {
  description?: string
  properties?: Record<string, Described>
}

/** The described fields of JSON Schemas, each once, by dotted path. */
function described(schema: unknown, path = ''): [string, string][] {
  const { description, properties = {} } = schema as Described // as zod makes it
  const own: [string, string][] = description ? [[path, description]] : []
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, one]) => described(one, path ? `${path}.${name}` : name)),
  ]
}

test('the params table is what the schemas say', () => {
  const rows = new Map(listOperations().flatMap(({ params }) => described(params)))
  expect(table('params')).toEqual([...rows].map(([path, text]) => `| \`${path}\` | ${text} |`))
  expect(rows.size).toBeGreaterThan(8)
})

test('the operations table is the catalogue', () => {
  const rows = listOperations().map(
    ({ name, summary, docs, completionCriterion, deadlineMinutes, longer, ...operation }) => {
      const deadline = `${deadlineMinutes} min${longer ? `; ${longer}` : ''}`
      const fields = [...fieldsOf(operation.target), ...fieldsOf(operation.params)].join(', ')
      const effect = operation.destroysData ? `${operation.effect}, **deletes data**` : operation.effect
      return `| [\`${name}\`](${docs}) | ${summary} | ${fields} | ${effect} | ${completionCriterion} | ${deadline} |`
    },
  )
  expect(table('operations')).toEqual(rows)
})

test('the tables of states are those of the code', () => {
  expect(README).toContain(tableOfStates())
  expect(README).toContain(tableOfClusterStates())
})

test('the configuration table is the config schema', () => {
  const readBy = new Map<string, string[]>()
  const described = new Map<string, string>()
  for (const [name, schema] of Object.entries(CONFIG)) {
    for (const [variable, field] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      readBy.set(variable, [...(readBy.get(variable) ?? []), `\`${name}\``])
      described.set(variable, field.description ?? 'NOT DESCRIBED')
    }
  }
  const all = Object.keys(CONFIG).length
  const rows = [...readBy].map(
    ([variable, names]) =>
      `| \`${variable}\` | ${names.length === all ? 'all' : names.join(', ')} | ${described.get(variable)} |`,
  )
  expect(table('configuration')).toEqual(rows)
})

test('the table of what sources need is their settings', () => {
  const rows = [...SOURCES.values()].flatMap(({ name, settings }) =>
    Object.entries(settings.shape).map(
      ([variable, { description }]) => `| \`${variable}\` | \`${name}\` | ${description} |`,
    ),
  )
  expect(table('settings')).toEqual(rows)
  expect(rows.filter((row) => row.includes('undefined'))).toEqual([])
})

const USES = {
  signs: 'signs',
  shown: 'is shown with every request',
  'signs or shown': 'signs as `whsec_…`, else is shown',
}

test('the table of what secrets let their holders do is what the sources say', () => {
  const rows = [...SOURCES.values()].flatMap(({ name, secrets }) =>
    Object.entries(secrets).map(
      ([variable, { use, lets }]) => `| \`${variable}\` | \`${name}\` | ${USES[use]} | ${lets} |`,
    ),
  )
  expect(table('secrets')).toEqual(rows)
})

test('every source names as secrets those of its settings that are', () => {
  for (const { name, settings, secrets } of SOURCES.values()) {
    const secret = Object.keys(settings.shape).filter((variable) => /_(SECRETS|TOKENS?|KEY)$/.test(variable))
    expect([name, Object.keys(secrets)]).toEqual([name, secret])
  }
})

test('the table of sources is what they say, after CloudWatch, which is no webhook', () => {
  const rows = [...SOURCES.values()].map(({ name, says }) => {
    const { verifiedBy, dedupedBy, repliedWith = '202 or 200, results', ignores, knownFrom } = says
    return `| [\`${name}\`](events/${name}) | ${[verifiedBy, dedupedBy, repliedWith, ignores, knownFrom].join(' | ')} |`
  })
  const [cloudwatch = '', ...others] = table('sources')
  expect(others).toEqual(rows)
  expect(cloudwatch).toMatch(/^\| \[`cloudwatch`\]\(events\/cloudwatch\) \|/)
})

test('every source has samples', () => {
  for (const name of SOURCES.keys()) {
    expect(readdirSync(`${ROOT}/events/${name}`).filter((file) => file.endsWith('.json')).length).toBeGreaterThan(0)
  }
})

test('the rules that its pages show are valid, with the lists of the rules in force', () => {
  const lists = JSON.stringify(
    parseRules(readFileSync(`${ROOT}/events/sample-rules.yml`, 'utf8'), 'sample-rules.yml').lists,
  )
  const pages = [...SOURCES.keys()]
    .map((name) => `events/${name}/README.md`)
    .filter((page) => existsSync(`${ROOT}/${page}`))
  const blocks = pages.flatMap((page) =>
    [...readFileSync(`${ROOT}/${page}`, 'utf8').matchAll(/```yaml\n((?:rules|tickets):[\s\S]*?)```/g)].map(
      ([, yaml = '']) => [page, yaml],
    ),
  )
  expect(blocks.length).toBeGreaterThan(6)
  for (const [page = '', yaml = ''] of blocks) expect(() => parseRules(`lists: ${lists}\n${yaml}`, page)).not.toThrow()
})

test('every route that it names is one of the template', () => {
  const template = JSON.parse(readFileSync(`${ROOT}/.serverless/cloudformation-template-update-stack.json`, 'utf8'))
  const resources = Object.values(
    template.Resources as Record<string, { Type: string; Properties: { RouteKey: string } }>,
  )
  const routes = resources.filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties)
  const rows = README.split('\n').filter((line) => /^\| `(GET|POST) /.test(line))
  const named = rows.flatMap((row) => [...row.matchAll(/`((?:GET|POST) \/[^\s?`]*)/g)].map(([, name = '']) => name))
  const keys = routes.map(({ RouteKey }) => RouteKey)
  expect(named.filter((name) => !keys.includes(name))).toEqual([])
  expect(named).toContain('POST /dead-letters/{id}/resend')
})

test('the letter that its commands send back is one letter, by its id', () => {
  const paths = [...README.matchAll(/^(?:curl|awscurl) .*(\/dead-letters\/(\S+)\/resend)$/gm)]
  expect(paths.map(([, , id = '']) => DEAD_LETTER_ID.test(id))).toEqual([true, true])
})

/** The names in the first column of the table under a heading. */
function namesUnder(heading: string): string[] {
  const [, table = ''] = README.split(`\n| ${heading} |`)
  const [rows = ''] = table.split('\n\n')
  return [...rows.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = '']) => name)
}

test('the tables of ends and of collisions are complete', () => {
  expect(namesUnder('end').sort()).toEqual(State.options.filter(isFinal).sort())
  expect(namesUnder('`collision`').sort()).toEqual([...Collision.options].sort())
})

test('it counts the guards that the simulation switches off', () => {
  expect(README).toContain(`--mutants\` switches ${MUTANTS.length} guards off`)
})

test('the rule that it shows is valid', () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(README) ?? []
  expect(parseRules(yaml, 'README.md').rules.map(({ name }) => name)).toEqual(['restart-unresponsive-redis'])
})

/** The block of TypeScript that holds a text. */
function codeOf(text: string): string {
  const blocks = [...README.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  return blocks.find((code) => code.includes(text)) ?? 'nothing'
}

test('the call of the library that it shows runs', async () => {
  const dcs = await startSimulatedDcs()
  const { ak, sk, projectId } = dcs.credentials
  const code = codeOf('createCall')
    .replaceAll("'./lib/", `'${ROOT}/lib/`)
    .replace(
      /const credentials = .*/,
      `const credentials = ${JSON.stringify({ accessKey: ak, secretKey: sk, projectId })}`,
    )
    .replace('credentials, { region })', `credentials, { region, endpoint: '${dcs.url}' })`)
  const folder = mkdtempSync(`${tmpdir()}/steadyhand-readme-`)
  writeFileSync(`${folder}/shown.mts`, `${code}\nconsole.log(status)\nprocess.exit()`)
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}/shown.mts`])
  await dcs.close()
  rmSync(folder, { recursive: true })
  expect(stdout).toBe('RUNNING\n')
})

test('the request that it shows would be accepted', () => {
  const shown = [...README.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text))
  const { operation, target, params } = shown.find((one) => 'operation' in one)
  expect(CATALOGUE.get(operation)?.target.safeParse(target).error).toBeUndefined()
  expect(CATALOGUE.get(operation)?.params.safeParse(params).error).toBeUndefined()
  expect(operation).toBe('emr.service.restart')
})

test('the timeline that it shows is that of a swap of ten minutes', async () => {
  const world = createWorld()
  world.cloud.workMs = () => 10 * 60_000
  const { id } = await world.accept({ operation: 'dcs.instance.swap' })
  await world.pass(20 * 60_000)
  const shown = [...README.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text))
  expect(shown.find((one) => 'timeline' in one)).toEqual({ timeline: world.get(id).timeline })
})

test('the operation that it shows is the one in the code', () => {
  const shown = codeOf('const shardFailover')
  expect(readFileSync(`${ROOT}/lib/services/dcs/operations/masters.ts`, 'utf8')).toContain(shown)
})

test('the Node that it wants is the one of package.json', () => {
  const { engines } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { engines: { node: string } }
  expect(README).toContain(`It needs npm and Node ${engines.node.replace('>=', '')} or later`)
})

test('every npm script that it names exists, and every script is named', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { scripts: Record<string, string> }
  const named = new Set([...README.matchAll(/npm (?:run )?(start|(?<=run )[a-z]+)/g)].map(([, name = '']) => name))
  for (const name of named) expect(Object.keys(scripts)).toContain(name)
  const own = Object.keys(scripts).filter((name) => !/^(test|format)$/.test(name))
  expect(own.filter((name) => !named.has(name))).toEqual([])
})
