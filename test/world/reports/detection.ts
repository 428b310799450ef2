import { BASELINES, type Detection, detectBy } from '../story/detection.ts'
import { inThreads } from '../threads.ts'
import { printTable, seconds } from './table.ts'

const WORK_MINUTES = [1, 10, 30]

/** Prints how soon the end of a restart is told, beside pollers of other schedules. The same for the same seed. */
export async function reportDetection(seed: number, jobs: number): Promise<boolean> {
  const cells = [false, true].flatMap((faults) => WORK_MINUTES.map((workMinutes) => ({ seed, workMinutes, faults })))
  const found = await inThreads(cells, jobs, (thread, cell) => thread.detect(cell))
  const own = found.map((detection, index) => {
    const { workMinutes = 0, faults } = cells[index] ?? {}
    return rowOf(faults ? 'Steadyhand, with faults' : 'Steadyhand', workMinutes, detection)
  })
  const others = BASELINES.flatMap((baseline) =>
    WORK_MINUTES.map((minutes) => rowOf(baseline.name, minutes, detectBy(baseline, seed, minutes))),
  )
  console.log(`seed ${seed}: dcs.instance.restart, from the end of the provider's work to the write of the run's end`)
  printTable(['', 'work', 'p50', 'p95', 'reads a run', 'told'], [...own, ...others])
  return true
}

function rowOf(name: string, workMinutes: number, { p50Ms, p95Ms, reads, runs, told }: Detection): string[] {
  return [name, `${workMinutes} min`, seconds(p50Ms), seconds(p95Ms), reads.toFixed(1), `${told} of ${runs}`]
}
