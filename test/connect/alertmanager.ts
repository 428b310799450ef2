import { stringify } from 'yaml'
import * as z from 'zod'
import { type Checked, freshFolder, writeIn } from './check.ts'
import { nameOf, ofKind, type Snippet, yamlOf } from './snippets.ts'
import { amtool, run, VERSIONS } from './tools.ts'

const Whole = z.looseObject({
  route: z.unknown(),
  receivers: z.tuple(
    [z.looseObject({ webhook_configs: z.tuple([z.looseObject({ http_config: z.unknown() })]) })],
    z.unknown(),
  ),
})

/** Files of Alertmanager, by its own amtool. A variant of `http_config` is put into the whole file before it. */
export async function checkAlertmanager(): Promise<Checked> {
  const by = `amtool ${VERSIONS.amtool}`
  const snippets = ofKind('alertmanager')
  const command = await amtool()
  if (command === undefined) return { by, snippets: snippets.length, skipped: 'there is no Go', faults: [] }
  const folder = freshFolder('alertmanager')
  const faults: string[] = []
  let whole: Snippet | undefined
  for (const [index, snippet] of snippets.entries()) {
    const isPart = 'http_config' in yamlOf(snippet)
    if (!isPart) whole = snippet
    const file = writeIn(folder, `${index}.yml`, isPart ? withPart(whole, snippet) : snippet.text)
    const { ok, output } = await run(command, ['check-config', file])
    if (!ok) faults.push(`${nameOf(snippet)}: ${output}`)
  }
  return { by, snippets: snippets.length, faults }
}

function withPart(whole: Snippet | undefined, part: Snippet): string {
  if (!whole) throw new Error(`${nameOf(part)}: no whole file stands before it`)
  const config = Whole.parse(yamlOf(whole))
  config.receivers[0].webhook_configs[0].http_config = yamlOf(part).http_config
  return stringify(config)
}
