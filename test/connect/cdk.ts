import { globSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Checked, freshFolder, writeIn } from './check.ts'
import { lintTemplates } from './cloudformation.ts'
import { inLanguage, nameOf, ROOT } from './snippets.ts'
import { cdk, run, VERSIONS } from './tools.ts'

/** As this project's own code is compiled. Node strips no types beneath `node_modules`: JavaScript is made here. */
const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: { noEmit: false, allowImportingTsExtensions: false, types: [], rootDir: '.', outDir: '.' },
  include: ['*.ts'],
  // Unless it says so, the folder of the output is left out.
  exclude: [],
}

/** Makes a template of every stack that a file exports. */
const SYNTHESISE = `import { App, Stack } from 'aws-cdk-lib'
const app = new App({ outdir: 'cdk.out', analyticsReporting: false })
for (const file of process.argv.slice(2)) {
  const stacks = Object.entries(await import(file)).filter(([, made]) => made.prototype instanceof Stack)
  if (stacks.length === 0) throw new Error(file + ' exports no stack')
  for (const [name, Made] of stacks) new Made(app, name)
}
const { messages } = app.synth().stacks.reduce((all, { messages }) => ({ messages: [...all.messages, ...messages] }), { messages: [] })
if (messages.length > 0) throw new Error(JSON.stringify(messages.map(({ entry }) => entry.data)))
`

/** CDK: compiled by tsc, made into templates, and those checked by cfn-lint. */
export async function checkCdk(): Promise<Checked> {
  const snippets = inLanguage('ts')
  const by = `tsc, aws-cdk-lib ${VERSIONS['aws-cdk-lib']}`
  const installed = await cdk()
  const folder = freshFolder('cdk')
  symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'))
  writeIn(folder, 'package.json', '{ "private": true, "type": "module" }\n')
  writeIn(folder, 'tsconfig.json', JSON.stringify(TSCONFIG))
  writeIn(folder, 'synthesise.mjs', SYNTHESISE)
  const names = snippets.map((snippet, index) => {
    writeIn(folder, `snippet-${index}.ts`, snippet.text)
    return `snippet-${index}.ts is ${nameOf(snippet)}`
  })
  const compiled = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder })
  const fault = (output: string): Checked => ({
    by,
    snippets: snippets.length,
    faults: [[output, ...names].join('\n')],
  })
  if (!compiled.ok) return fault(compiled.output)
  const files = snippets.map((_, index) => `./snippet-${index}.js`)
  const made = await run(process.execPath, ['synthesise.mjs', ...files], { cwd: folder })
  if (!made.ok) return fault(made.output)
  const templates = globSync('cdk.out/*.template.json', { cwd: folder })
  const linted = await lintTemplates(templates.map((name) => ({ name, file: join(folder, name) })))
  const linter = linted.skipped === undefined ? linted.by : `no cfn-lint, as ${linted.skipped}`
  return { by: `${by}, ${linter}`, snippets: snippets.length, faults: linted.faults }
}
