import { parseArgs } from 'node:util'
import { simulateWorld } from './simulate.ts'

/** `npm run simulate -- --runs N --seed S`: simulates worlds until N runs have lived in them. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const wanted = Number(values.runs)
const first = Number(values.seed)
if (!Number.isSafeInteger(wanted) || wanted < 1 || !Number.isSafeInteger(first)) {
  throw new Error('--runs takes a whole number from 1, --seed a whole number')
}

const faults = new Map<string, number>()
let runs = 0
let seeds = 0
let violations = 0
while (runs < wanted) {
  const story = await simulateWorld(first + seeds)
  seeds++
  runs += story.runs
  for (const [name, count] of Object.entries(story.faults)) faults.set(name, (faults.get(name) ?? 0) + count)
  for (const { property, seen } of story.violations) {
    violations++
    console.log(`seed ${story.seed}: ${property}: ${seen}`)
  }
}
for (const [name, count] of [...faults].sort()) console.log(`${String(count).padStart(8)}  ${name}`)
const injected = [...faults.values()].reduce((sum, count) => sum + count, 0)
console.log(`seeds ${first} to ${first + seeds - 1}, runs ${runs}, faults ${injected}, violations ${violations}`)
process.exitCode = violations === 0 ? 0 : 1
