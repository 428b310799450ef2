import { join } from 'node:path'
import { type Checked, freshFolder, writeIn } from './check.ts'
import { nameOf, ofKind } from './snippets.ts'
import { python, run, VERSIONS } from './tools.ts'

/** Templates, by cfn-lint: it knows the properties of each resource, and which functions may stand where. */
export async function checkCloudFormation(): Promise<Checked> {
  const snippets = ofKind('cloudformation')
  const folder = freshFolder('cloudformation')
  const files = snippets.map((snippet, index) => ({
    name: nameOf(snippet),
    file: writeIn(folder, `${index}.yaml`, snippet.text),
  }))
  return lintTemplates(files)
}

/** @param files each with the name that people know it by */
export async function lintTemplates(files: { name: string; file: string }[]): Promise<Checked> {
  const by = `cfn-lint ${VERSIONS['cfn-lint']}`
  const snippets = files.length
  const commands = await python('cfn-lint')
  if (commands === undefined) return { by, snippets, skipped: 'there is no python3', faults: [] }
  const faults: string[] = []
  for (const { name, file } of files) {
    // Exports are of one region; which one makes no difference here.
    const { ok, output } = await run(join(commands, 'cfn-lint'), [
      '--regions',
      'eu-west-1',
      '--format',
      'parseable',
      file,
    ])
    if (!ok) faults.push(`${name}: ${output}`)
  }
  return { by, snippets, faults }
}
