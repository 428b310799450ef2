import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { DEMO_CLOUDS, type DemoMachine, demo, startDemoMachine } from '../../lib/local/demo.ts'

/** `npm run demo`; with `--packaged` the same is shown on the functions as they are packaged, over emulated AWS. */

const { values } = parseArgs({ options: { packaged: { type: 'boolean', default: false } } })
const isGood = values.packaged
  ? await demo(await startPackaged(), 'Steadyhand, packaged for AWS, which is emulated,')
  : await demo(await startDemoMachine(), 'Steadyhand')
process.exitCode = isGood ? 0 : 1

async function startPackaged(): Promise<DemoMachine> {
  execFileSync('npm', ['run', '--silent', 'package'], { stdio: ['ignore', 'ignore', 'inherit'] })
  // Loaded only here: without it, nothing of AWS is needed.
  const { startDeployed } = await import('./deployed.ts')
  return startDeployed({ root: process.cwd(), ...DEMO_CLOUDS })
}
