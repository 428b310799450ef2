import { join } from 'node:path'
import { type Checked, freshFolder, writeIn } from './check.ts'
import { inLanguage, nameOf, type Snippet } from './snippets.ts'
import { python, run, VERSIONS } from './tools.ts'

/**
 * Terraform: its syntax by python-hcl2; its format and its resources by `terraform`, if that is on the PATH and finds the
 * provider. `TF_CLI_ARGS_init=-plugin-dir=…` names a folder that has it.
 */
export async function checkTerraform(): Promise<Checked> {
  const snippets = inLanguage('hcl')
  const folder = freshFolder('terraform')
  const modules = snippets.map((snippet, index) => moduleOf(snippet, join(folder, String(index))))
  const parts = [await checkSyntax(modules), await checkModules(modules)].filter((part) => part !== undefined)
  const checked = { by: parts.map(({ by }) => by).join(', '), snippets: snippets.length }
  if (parts.length === 0) return { ...checked, skipped: 'there is neither python3 nor terraform', faults: [] }
  return { ...checked, faults: parts.flatMap(({ faults }) => faults) }
}

interface Module {
  name: string
  folder: string
  file: string
}

type Part = Pick<Checked, 'by' | 'faults'>

const PROVIDER = `terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "${VERSIONS['hashicorp/aws']}" }
  }
}
`

function moduleOf(snippet: Snippet, folder: string): Module {
  writeIn(folder, 'versions.tf', PROVIDER)
  return { name: nameOf(snippet), folder, file: writeIn(folder, 'main.tf', snippet.text) }
}

/** @returns undefined if there is no Python */
async function checkSyntax(modules: Module[]): Promise<Part | undefined> {
  const commands = await python('python-hcl2')
  if (commands === undefined) return undefined
  const faults: string[] = []
  for (const { name, file } of modules) {
    const { ok, output } = await run(join(commands, 'hcl2tojson'), [file])
    if (!ok) faults.push(`${name}: ${output}`)
  }
  return { by: `python-hcl2 ${VERSIONS['python-hcl2']}`, faults }
}

/** @returns undefined if there is no Terraform */
async function checkModules(modules: Module[]): Promise<Part | undefined> {
  const { ok, output } = await run('terraform', ['version'])
  if (!ok) return undefined
  const [, version = 'terraform'] = /^Terraform v(\S+)/.exec(output) ?? []
  const faults: string[] = []
  for (const module of modules) {
    const { ok, output } = await run('terraform', ['fmt', '-check', '-diff', '-no-color', module.folder])
    if (!ok) faults.push(`${module.name}: terraform fmt: ${output}`)
  }
  for (const { name, folder } of modules) {
    const init = await run('terraform', ['init', '-backend=false', '-input=false', '-no-color'], { cwd: folder })
    // Syntax is said by python-hcl2: what is left is a provider that cannot be reached.
    if (!init.ok) return { by: `terraform ${version}: format only, as it found no provider`, faults }
    const { ok, output } = await run('terraform', ['validate', '-no-color'], { cwd: folder })
    if (!ok) faults.push(`${name}: terraform validate: ${output}`)
  }
  return { by: `terraform ${version} with hashicorp/aws ${VERSIONS['hashicorp/aws']}`, faults }
}
