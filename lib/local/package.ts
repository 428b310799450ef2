import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checkedRulesText } from '../rules/checked-rules.ts'
import type { Rules } from '../rules/rules.ts'
import { bundleFunctions } from './bundle.ts'
import { printableLines } from './printable.ts'
import { rulesOfPackage } from './rules-in-force.ts'

/**
 * `npm run package`, `npm run deploy`: checks the rules, bundles the functions, then runs the Serverless framework with the
 * arguments after `--`. The checked rules go along as `dist/rules.json`. Exits with 1 for wrong rules, before anything is
 * written.
 */

const [command = 'package', ...given] = process.argv.slice(2)
const rules = rulesOrExit()
await bundleFunctions(process.cwd())
writeFileSync('dist/rules.json', checkedRulesText(rules))
const child = spawn('osls', [command, ...given], { stdio: 'inherit', shell: process.platform === 'win32' })
child.once('error', ({ message }) => console.error(`osls cannot be started: ${message}`))
child.once('close', (code) => process.exit(code ?? 1))

function rulesOrExit(): Rules {
  try {
    return rulesOfPackage(process.cwd(), stageOf(given)).rules
  } catch (error) {
    console.error(printableLines(error instanceof Error ? error.message : String(error)))
    process.exit(1)
  }
}

/** Reads the stage as the framework does. */
function stageOf(args: string[]): string {
  const { stage } = parseArgs({ args, options: { stage: { type: 'string', short: 's' } }, strict: false }).values
  return typeof stage === 'string' ? stage : 'dev'
}
