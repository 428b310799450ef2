import { text } from 'node:stream/consumers'
import { rulesCommand } from './rules/command.ts'

/** `npm run rules -- check | try | backtest | schema`: what a rule file says, before it is in force. */

process.exitCode = await rulesCommand(process.argv.slice(2), {
  root: process.cwd(),
  environment: process.env,
  nowMs: Date.now(),
  readInput: () => text(process.stdin),
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
})
