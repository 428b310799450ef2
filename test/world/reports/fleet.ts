import type { FleetCase, FleetMeasured } from '../story/fleet.ts'
import { inThreads } from '../threads.ts'
import { printTable, seconds } from './table.ts'

const CASES: readonly FleetCase[] = ['plain', 'backlog', 'half EMR', 'half EMR, DCS hangs']
const LATENCIES_MS = [20, 1_000, 3_000]

/** Prints how a fleet of 1,000 runs fares. The same for the same seed. */
export async function reportFleet(seed: number, jobs: number): Promise<boolean> {
  const cells = CASES.flatMap((what) => LATENCIES_MS.map((latencyMs) => ({ seed, what, latencyMs })))
  const found = await inThreads(cells, jobs, (thread, cell) => thread.measureFleet(cell))
  const rows = found.flatMap((measured, index) => {
    const { what = '', latencyMs = 0 } = cells[index] ?? {}
    return rowsOf([what, `${latencyMs} ms`], measured)
  })
  console.log(`seed ${seed}: 1,000 restarts of 10 to 30 min, started within 2 min`)
  console.log(
    'looks and messages: of minutes 15 to 25; backlog: no polls are read in minutes 5 to 15; hang: minutes 5 to 20',
  )
  const heading = [
    '',
    'a call',
    'looks a min',
    'reads a min',
    'messages a look',
    'most of one run',
    'runs of',
    'p50',
    'p95',
    'told',
  ]
  printTable(heading, rows)
  return true
}

/** One row for each operation. */
function rowsOf(
  name: string[],
  { looksAMinute, readsAMinute, messagesALook, delays, mostOfOneRun }: FleetMeasured,
): string[][] {
  const figures = [looksAMinute.toFixed(0), readsAMinute.toFixed(0), messagesALook.toFixed(1), String(mostOfOneRun)]
  return Object.entries(delays).map(([operation, { p50Ms, p95Ms, runs, told }]) => {
    const cloud = operation.split('.')[0] ?? ''
    return [...name, ...figures, cloud, seconds(p50Ms), seconds(p95Ms), `${told} of ${runs}`]
  })
}
