import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { SOURCES } from '../lib/sources/sources.ts'
import {
  inLanguage,
  nameOf,
  ofKind,
  PAGES,
  ROOT,
  SNIPPETS,
  type Snippet,
  snippetsOf,
  yamlKindOf,
} from './connect/snippets.ts'

/** What can be said of the pages' code without the tools that take it; `npm run conform:connect` asks those. */

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

/** Blocks that are for people alone (`console`, none) are not read. */
const READ = ['yaml', 'json', 'hcl', 'ts', 'js']
const UNREAD = ['', 'sh', 'console']

const OUTPUTS = z
  .object({ resources: z.object({ Outputs: z.record(z.string(), z.unknown()) }) })
  .transform(({ resources }) => Object.keys(resources.Outputs))
  .parse(parse(textOf('serverless.yml'), { logLevel: 'error' }))

/** Variables of any source that a text names, as they begin. */
function variablesIn(text: string): string[] {
  const all = [...text.matchAll(/(?<![A-Z_$])(?:WEBHOOK|TENCENT|HUAWEI|JIRA|GITHUB|GRAFANA)_[A-Z_]+\b/g)]
  return [...new Set(all.map(([name]) => name))]
}

const SETTINGS = [...SOURCES.values()].flatMap(({ settings }) => Object.keys(settings.shape))

/** Exports (`steadyhand-prod-AlarmsTopicArn`), and outputs by name (`AlarmsTopicArn`). */
function outputsIn(text: string): string[] {
  const exported = [...text.matchAll(/\bsteadyhand-(?:prod|<stage>)-([A-Za-z]+)/g)]
  const named = [...text.matchAll(/`([A-Za-z]+(?:Topic|Function)Arn)`/g)]
  return [...new Set([...exported, ...named].map(([, name = '']) => name))]
}

/** The attributes by which a snippet filters, in any of the three spellings. */
function filteredBy({ text }: Snippet): string[] {
  return [...text.matchAll(/(?:FilterPolicy: \{|jsonencode\(\{|filterPolicy: \{) (\w+)/g)].map(([, name = '']) => name)
}

test('every block of code is in a known language', () => {
  expect(new Set(SNIPPETS.map(({ page }) => page))).toEqual(new Set(PAGES))
  const languages = new Set(SNIPPETS.map(({ language }) => language))
  expect([...languages].filter((language) => ![...READ, ...UNREAD].includes(language))).toEqual([])
  expect(READ.filter((language) => !languages.has(language))).toEqual([])
})

test.for(inLanguage('json').map((snippet) => [nameOf(snippet), snippet] as const))('%s is JSON', ([, { text }]) => {
  expect(() => JSON.parse(text)).not.toThrow()
})

test.for(inLanguage('yaml').map((snippet) => [nameOf(snippet), snippet] as const))(
  '%s is YAML of a known kind',
  ([, snippet]) => {
    expect(() => yamlKindOf(snippet)).not.toThrow()
  },
)

test('the rules of a page stand where test/readme.test.ts reads them', () => {
  // That test takes blocks at the left edge: of the page of events all, of others by their first key.
  const read = ofKind('rules').filter(
    ({ page, text }) => page === 'events/README.md' || /^(rules|tickets|requests):/.test(text),
  )
  const atTheEdge = read.filter(({ page, text }) => textOf(page).includes(`\n\`\`\`yaml\n${text}`))
  expect(atTheEdge.map(nameOf)).toEqual(ofKind('rules').map(nameOf))
})

test.for(PAGES)('every variable that %s names is a setting of a source', (page) => {
  expect(variablesIn(textOf(page)).filter((name) => !SETTINGS.includes(name))).toEqual([])
})

test.for([...SOURCES.keys()])('the page of %s has its address and a setting', (name) => {
  const text = textOf(`events/${name}/README.md`)
  const own = Object.keys(SOURCES.get(name)?.settings.shape ?? {})
  expect(variablesIn(text).some((variable) => own.includes(variable))).toBe(true)
  expect(text).toMatch(new RegExp(`https://\\S+/webhooks/${name}\\b`))
})

test.for([...PAGES, 'lib/aws/README.md'])('every output that %s names is one of the stack', (page) => {
  expect(outputsIn(textOf(page)).filter((name) => !OUTPUTS.includes(name))).toEqual([])
})

test('CloudFormation, Terraform and CDK say the same', () => {
  for (const page of ['events/cloudwatch/README.md', 'lib/notify/README.md']) {
    const three = SNIPPETS.filter((one) => one.page === page && ['hcl', 'ts'].includes(one.language))
    const all = [...three, ...ofKind('cloudformation').filter((one) => one.page === page)]
    expect(all).toHaveLength(3)
    expect(new Set(all.map(({ text }) => outputsIn(text).join()))).toHaveProperty('size', 1)
    expect(new Set(all.map(({ text }) => /"?timed-out/.test(text)))).toHaveProperty('size', 1)
    expect(new Set(all.map((one) => filteredBy(one).join()))).toHaveProperty('size', 1)
  }
})

test('code filters by attributes that its page names', () => {
  const filters = SNIPPETS.flatMap((one) => filteredBy(one))
  expect(filters).toHaveLength(3)
  const prose = textOf('lib/notify/README.md').replaceAll(/^```[\s\S]*?^```$/gm, '')
  expect(filters.filter((name) => !prose.includes(`\`${name}\``))).toEqual([])
})

test('a planted fault of each kind is seen', () => {
  const [yaml] = snippetsOf('page.md', 'one\n\n   ```yaml\n   a: [1\n   ```\n')
  expect(yaml).toEqual({ page: 'page.md', line: 3, language: 'yaml', text: 'a: [1\n' })
  const read = (text: string) => () => yamlKindOf({ page: 'page.md', line: 1, language: 'yaml', text })
  expect(read('a: [1\n')).toThrow('page.md:1')
  expect(read('a: 1\na: 2\n')).toThrow('unique')
  expect(read('reciever: 1\n')).toThrow('nothing is known that reads reciever')
  expect(read('route: {}\nreceivers: []\n')()).toBe('alertmanager')
  expect(variablesIn('`WEBHOOK_JIRA_SECRET`, `$STEADYHAND_GRAFANA_TOKEN`')).toEqual(['WEBHOOK_JIRA_SECRET'])
  expect(SETTINGS).not.toContain('WEBHOOK_JIRA_SECRET')
  expect(outputsIn('steadyhand-prod-AlarmTopicArn and `AlertsTopicArn`')).toEqual(['AlarmTopicArn', 'AlertsTopicArn'])
  expect(OUTPUTS).not.toContain('AlarmTopicArn')
})
