import { Script } from 'node:vm'
import { checkAlertmanager } from './alertmanager.ts'
import { checkCdk } from './cdk.ts'
import type { Checked } from './check.ts'
import { checkCloudFormation } from './cloudformation.ts'
import { checkGrafana } from './grafana.ts'
import { inLanguage, nameOf, type Snippet } from './snippets.ts'
import { checkTerraform } from './terraform.ts'

/**
 * `npm run conform:connect`: the code that the pages of `events/` and `lib/notify` show is read by the tools that people paste
 * it into. The first run installs them beneath `node_modules/.cache/connect`. Ends with 0 if no tool found a fault.
 */

const CHECKS: Readonly<Record<string, () => Checked | Promise<Checked>>> = {
  CloudFormation: checkCloudFormation,
  Terraform: checkTerraform,
  CDK: checkCdk,
  Alertmanager: checkAlertmanager,
  Grafana: checkGrafana,
  JavaScript: () => checkEach('js', 'the parser of Node', (text) => new Script(text)),
  JSON: () => checkEach('json', 'JSON.parse', (text) => JSON.parse(text)),
}

function checkEach(language: string, by: string, read: (text: string) => unknown): Checked {
  const snippets = inLanguage(language)
  const faultOf = (snippet: Snippet): string[] => {
    try {
      read(snippet.text)
      return []
    } catch (error) {
      return [`${nameOf(snippet)}: ${error instanceof Error ? error.message : String(error)}`]
    }
  }
  return { by, snippets: snippets.length, faults: snippets.flatMap(faultOf) }
}

let isFaulty = false
for (const [name, check] of Object.entries(CHECKS)) {
  const { by, snippets, skipped, faults } = await check()
  // A check that finds nothing to look at proves nothing.
  const all = snippets === 0 ? ['no page has any'] : faults
  const verdict = skipped === undefined ? (all.length === 0 ? 'ok' : 'FAULTY') : `skipped: ${skipped}`
  console.log(`${name.padEnd(15)} ${String(snippets).padStart(2)} snippets  ${verdict.padEnd(6)}  ${by}`)
  for (const fault of all) console.log(fault.replaceAll(/^/gm, '  '))
  isFaulty ||= all.length > 0
}
process.exitCode = isFaulty ? 1 : 0
