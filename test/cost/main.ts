import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { prepareThread } from '../world/story/subject.ts'
import { figuresOf, printComparison } from './compare.ts'
import { ALERTMANAGER } from './unwanted-alert.ts'

/**
 * `npm run cost`: what runs cost on AWS. They are carried out in the simulation, where nothing goes wrong, and all that AWS
 * bills is counted.
 *
 * `-- --only swap-1min,month` counts some, `-- --json FILE` writes all figures, and `-- --compare FILE` sets them beside
 * those of such a file. `-- --calibrate` measures how long functions compute, instead.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    compare: { type: 'string' },
    calibrate: { type: 'boolean', default: false },
  },
})
if (values.calibrate) {
  // Time is real there, and it ends here.
  const { calibrate } = await import('./calibrate.ts')
  await calibrate()
  process.exit()
}
const before = values.compare && JSON.parse(readFileSync(values.compare, 'utf8'))
Object.assign(process.env, ALERTMANAGER)
const subject = await prepareThread([])
// After that: the code under test must not have been loaded before.
const { SCENARIOS } = await import('./scenarios.ts')
const { measure, measureMonth } = await import('./measure.ts')
const { printBusyHour, printHotKeys, printAssumptions, printMeasured, printMonth } = await import('./report.ts')

const names = [...SCENARIOS.map(({ name }) => name), 'month']
const asked = values.only?.split(',') ?? names
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length) throw new Error(`--only takes ${names.join(', ')}, not ${unknown.join(', ')}`)

printAssumptions()
const measured = []
for (const scenario of SCENARIOS.filter(({ name }) => asked.includes(name))) {
  const one = await measure(scenario, subject)
  printMeasured(one)
  measured.push(one)
}
const month = asked.includes('month') ? await measureMonth(subject) : undefined
if (month) printMonth(month, subject.template)
printHotKeys(measured)
for (const one of measured.filter(({ name }) => name === 'swap-10min')) printBusyHour(one)
const figures = figuresOf(measured, month)
if (before) printComparison(before, figures)
if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`)
