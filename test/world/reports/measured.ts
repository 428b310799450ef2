import type { Measured } from '../story/measure.ts'

/** Prints what was measured, as a table. */
export function printMeasured({ runs, perRun, longestRearmMs, beforeCall, perStep }: Measured): void {
  const rows = Object.entries(perRun).map(([name, mean]): [string, string] => [`${name} a run`, mean.toFixed(1)])
  const trips = ({ reads, writes }: Measured['beforeCall']): string => `${reads} reads, ${writes} writes`
  rows.push(
    ['table round trips before the call', trips(beforeCall)],
    ['table round trips a step', trips(perStep)],
    ['longest wait for a re-arm', `${(longestRearmMs / 1000).toFixed(1)} s`],
  )
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log(`measured over ${runs} runs in which nothing goes wrong; the re-arm where messages get lost:`)
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`)
}
