import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { listOperations } from '../lib/api/operations.ts'
import { PROBLEM_TYPE_NAMES, PROBLEM_TYPES, problemPage } from '../lib/api/problems/types.ts'
import { ROUTES } from '../lib/api/routes.ts'
import { CONFIG } from '../lib/aws/config.ts'
import { EVENT_TYPES } from '../lib/notify/types.ts'
import { parseRules } from '../lib/rules/read-rules.ts'
import { DEAD_LETTER_ID } from '../lib/runs/dead-letter.ts'
import { Collision, runId } from '../lib/runs/run.ts'
import { isFinal, State } from '../lib/runs/states.ts'
import { CATALOGUE } from '../lib/services/catalogue.ts'
import { tableOfStates } from '../lib/services/dcs/states.ts'
import { tableOfClusterStates } from '../lib/services/emr/states.ts'
import { startSimulatedDcs } from '../lib/simulators/dcs.ts'
import { SOURCES } from '../lib/sources/sources.ts'
import { GENERATORS } from './conform/generators.ts'
import { VERSIONS } from './conform/versions.ts'
import { MUTANTS } from './world/story/mutants.ts'
import { createWorld } from './world/world.ts'

const ROOT = join(import.meta.dirname, '..')
const pageOf = (path: string): string => readFileSync(`${ROOT}/${path}`, 'utf8')

const README = pageOf('README.md')
const RUNS = pageOf('lib/runs/README.md')
const SERVICES = pageOf('lib/services/README.md')
const CLOUD = pageOf('lib/cloud/README.md')
const API = pageOf('lib/api/README.md')
const LOCAL = pageOf('lib/local/README.md')
const AWS = pageOf('lib/aws/README.md')
const EVENTS = pageOf('events/README.md')
const TESTS = pageOf('test/README.md')
const DEAD_LETTERS = pageOf('lib/dead-letters/README.md')
const NOTIFY = pageOf('lib/notify/README.md')
const PROBLEMS = pageOf('lib/api/problems/README.md')
const CONTRIBUTING = pageOf('.github/CONTRIBUTING.md')
const PAGES = [README, RUNS, SERVICES, CLOUD, API, LOCAL, AWS, EVENTS, TESTS, DEAD_LETTERS, NOTIFY, CONTRIBUTING]

/** The rows of the table of a page that stands between the markers of a name. */
function table(page: string, name: string): string[] {
  const [, text = ''] = new RegExp(`<!-- ${name}: [^>]*-->\n([\\s\\S]*)<!-- /${name} -->`).exec(page) ?? []
  return text.trim().split('\n').slice(2)
}

/** The text of a page that stands between the markers of a name. */
function section(page: string, name: string): string {
  const [, text = ''] = new RegExp(`<!-- ${name}: [^>]*-->\n([\\s\\S]*)<!-- /${name} -->`).exec(page) ?? []
  return text.trim()
}

/** At 120 characters, as pages are written. Tables and headings stay. */
function wrapped(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => (/^[|#]/.test(line) ? line : line.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trim()))
  return lines.join('\n')
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
  expect(table(SERVICES, 'params')).toEqual([...rows].map(([path, text]) => `| \`${path}\` | ${text} |`))
  expect(rows.size).toBeGreaterThan(8)
})

test('the table of preconditions is what operations declare', () => {
  const of = Map.groupBy(
    listOperations().flatMap(({ name, preconditions }) => preconditions.map((one) => ({ ...one, operation: name }))),
    ({ name, requires }) => `| \`${name}\` | ${requires} |`,
  )
  const rows = [...of].map(([row, all]) => `${row} ${all.map(({ operation }) => `\`${operation}\``).join(', ')} |`)
  expect(table(SERVICES, 'preconditions')).toEqual(rows)
  expect(rows.length).toBeGreaterThan(4)
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
  expect(table(SERVICES, 'operations')).toEqual(rows)
})

test('the tables of states are those of the code', () => {
  expect(SERVICES).toContain(tableOfStates())
  expect(SERVICES).toContain(tableOfClusterStates())
})

test('the routes table is the routes', () => {
  const rows = ROUTES.map(({ method, path, summary, in: { query } = {}, home }) => {
    const names = Object.keys(query?.shape ?? {})
    const parameters = names.length > 0 ? `?${names.map((name) => `${name}=`).join('&')}` : ''
    return `| \`${method} ${path}${parameters}\` | ${summary}${home ? ` (${home})` : ''} |`
  })
  expect(table(API, 'routes')).toEqual(rows)
})

test('the table of generators is what npm run conform:api tries', () => {
  const rows = GENERATORS.map(
    ({ name, tool, needs }) => `| ${name} | ${VERSIONS[tool]} | ${needs.join(', ') || 'npm'} |`,
  )
  expect(table(API, 'generators')).toEqual(rows)
})

test('the page of problems is the table of types', () => {
  const rows = PROBLEM_TYPE_NAMES.map((name) => {
    const { status, title } = PROBLEM_TYPES[name]
    return `| [\`${name}\`](#${name}) | ${status} | ${title} |`
  })
  const text = [
    '| type | status | title |',
    '|---|---|---|',
    ...rows,
    '',
    PROBLEM_TYPE_NAMES.map(problemPage).join('\n'),
  ]
  expect(section(PROBLEMS, 'problems')).toBe(wrapped(text.join('\n')).trim())
})

test('the table of events is their types', () => {
  const rows = Object.entries(EVENT_TYPES).map(
    ([type, { says, subject, schema }]) =>
      `| \`${type}\` | ${says} | ${subject} | [${schema}](schemas/${schema}.json) |`,
  )
  expect(table(NOTIFY, 'events')).toEqual(rows)
})

test('the configuration table is the config schema', () => {
  const readBy = new Map<string, string[]>()
  const described = new Map<string, string>()
  for (const [name, schema] of Object.entries(CONFIG)) {
    for (const [variable, field] of Object.entries(schema.shape as Record<string, z.ZodMiniType>)) {
      readBy.set(variable, [...(readBy.get(variable) ?? []), `\`${name}\``])
      described.set(variable, z.globalRegistry.get(field)?.description ?? 'NOT DESCRIBED')
    }
  }
  const all = Object.keys(CONFIG).length
  const rows = [...readBy].map(
    ([variable, names]) =>
      `| \`${variable}\` | ${names.length === all ? 'all' : names.join(', ')} | ${described.get(variable)} |`,
  )
  expect(table(AWS, 'configuration')).toEqual(rows)
})

test('the table of what sources need is their settings', () => {
  const rows = [...SOURCES.values()].flatMap(({ name, settings }) =>
    Object.entries(settings.shape).map(
      ([variable, { description }]) => `| \`${variable}\` | \`${name}\` | ${description} |`,
    ),
  )
  expect(table(EVENTS, 'settings')).toEqual(rows)
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
  expect(table(EVENTS, 'secrets')).toEqual(rows)
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
    return `| [\`${name}\`](${name}/README.md) | ${[verifiedBy, dedupedBy, repliedWith, ignores, knownFrom].join(' | ')} |`
  })
  const [cloudwatch = '', ...others] = table(EVENTS, 'sources')
  expect(others).toEqual(rows)
  expect(cloudwatch).toMatch(/^\| \[`cloudwatch`\]\(cloudwatch\/README\.md\) \|/)
})

test('every source has samples', () => {
  for (const name of SOURCES.keys()) {
    expect(readdirSync(`${ROOT}/events/${name}`).filter((file) => file.endsWith('.json')).length).toBeGreaterThan(0)
  }
})

test('the rules that its pages show are valid, with the lists of the rules in force', () => {
  const lists = JSON.stringify(parseRules(pageOf('events/sample-rules.yml'), 'sample-rules.yml').lists)
  const pages = ['cloudwatch', ...SOURCES.keys()].map((name) => `events/${name}/README.md`)
  const blocks = pages.flatMap((page) =>
    [...pageOf(page).matchAll(/```yaml\n((?:rules|tickets|requests):[\s\S]*?)```/g)].map(([, yaml = '']) => [
      page,
      yaml,
    ]),
  )
  expect(new Set(blocks.map(([page]) => page))).toEqual(new Set(pages))
  for (const [page = '', yaml = ''] of blocks) expect(() => parseRules(`lists: ${lists}\n${yaml}`, page)).not.toThrow()
})

test('the dead letter that the commands send back is one, by its id', () => {
  const paths = [...DEAD_LETTERS.matchAll(/^(?:curl|awscurl) .*(\/dead-letters\/(\S+)\/resend)$/gm)]
  expect(paths.map(([, , id = '']) => DEAD_LETTER_ID.test(id))).toEqual([true, true])
})

/** The names in the first column of the table of a page under a heading. */
function namesUnder(page: string, heading: string): string[] {
  const [, table = ''] = page.split(`\n| ${heading} |`)
  const [rows = ''] = table.split('\n\n')
  return [...rows.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = '']) => name)
}

test('the tables of states, ends and collisions are complete', () => {
  const going = State.options.filter((state) => !isFinal(state))
  expect(namesUnder(README, 'end').sort()).toEqual(State.options.filter(isFinal).sort())
  expect(namesUnder(RUNS, 'state').sort()).toEqual(going.sort())
  expect(namesUnder(RUNS, '`collision`').sort()).toEqual([...Collision.options].sort())
})

test('it counts the guards that the simulation switches off', () => {
  expect(TESTS).toContain(`--mutants\` switches ${MUTANTS.length} guards off`)
})

test.for(['README.md', 'events/README.md'])('the rules that %s shows are valid', (path) => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(pageOf(path)) ?? []
  expect(parseRules(yaml, path).rules.map(({ name }) => name)).toEqual(['restart-unresponsive-redis'])
})

/** The blocks of YAML of the page of events: rules, then policy, then others. */
const YAML = [...EVENTS.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)

test('the windows that it shows are valid', () => {
  const shown = YAML.filter((yaml) => !yaml.startsWith('policy:')).map((yaml) => parseRules(yaml, 'events/README.md'))
  expect(shown.flatMap(({ windows }) => Object.keys(windows))).toEqual(['night', 'night', 'last-friday', 'year-end'])
})

test('the policy that the page of events shows is valid, with its rules', () => {
  const [rules = ''] = YAML
  const policy = YAML.find((yaml) => yaml.startsWith('policy:')) ?? ''
  // The settings that stand there as comments are valid as well.
  const all = policy.replaceAll(/^( +)# (?=\w+: )/gm, '$1')
  for (const one of [policy, all]) expect(parseRules(`${rules}${one}`, 'README.md').policy).toHaveLength(2)
})

/** The block of TypeScript of a page that holds a text. */
function codeOf(page: string, text: string): string {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  return blocks.find((code) => code.includes(text)) ?? 'nothing'
}

test('the call of the library that it shows runs', async () => {
  const dcs = await startSimulatedDcs()
  const { ak, sk, projectId } = dcs.credentials
  const code = codeOf(CLOUD, 'createCall')
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

/** The blocks of JSON of a page. */
function jsonOf(page: string) {
  return [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text))
}

test('the request that the page of services shows would be accepted', () => {
  const { operation, target, params } = jsonOf(SERVICES).find((one) => 'operation' in one)
  expect(CATALOGUE.get(operation)?.target.safeParse(target).error).toBeUndefined()
  expect(CATALOGUE.get(operation)?.params.safeParse(params).error).toBeUndefined()
  expect(operation).toBe('emr.service.restart')
})

test('the timeline that it shows is that of a swap of ten minutes', async () => {
  const world = createWorld()
  world.cloud.workMs = () => 10 * 60_000
  const { id } = await world.accept({ operation: 'dcs.instance.swap' })
  await world.pass(20 * 60_000)
  expect(jsonOf(API).find((one) => 'timeline' in one)).toEqual({ timeline: world.get(id).timeline })
})

test('the operation that it shows is the one in the code', () => {
  const shown = codeOf(SERVICES, 'const shardFailover')
  expect(pageOf('lib/services/dcs/operations/masters.ts')).toContain(shown)
})

/** Whose idempotency keys those of one machine without a token are. */
const LOCAL_SCOPE = JSON.stringify(['arn:aws:iam::000000000000:user/local', null, null])

test('the run that the page of the API shows is that of its key', () => {
  const [, id = ''] = /\/runs\/(run_[0-9a-f]{32})$/m.exec(API) ?? []
  const [, key = ''] = /'idempotency-key: (\S+)'/.exec(API) ?? []
  expect(id).toBe(runId(`http/${JSON.stringify([LOCAL_SCOPE, key])}`))
})

test('the Node that it wants is the one of package.json', () => {
  const { engines } = JSON.parse(pageOf('package.json')) as { engines: { node: string } }
  expect(README).toContain(`It needs npm and Node ${engines.node.replace('>=', '')} or later`)
})

test('every npm script that a page names exists, and the README names every script', () => {
  const { scripts } = JSON.parse(pageOf('package.json')) as { scripts: Record<string, string> }
  const namedIn = (page: string): Set<string> =>
    new Set([...page.matchAll(/npm (?:run )?(start|(?<=run )[a-z]+(?::[a-z]+)*)/g)].map(([, name = '']) => name))
  for (const page of PAGES) for (const name of namedIn(page)) expect(Object.keys(scripts)).toContain(name)
  const named = namedIn(README)
  const own = Object.keys(scripts).filter((name) => !/^(test|format)$/.test(name))
  expect(own.filter((name) => !named.has(name))).toEqual([])
})
