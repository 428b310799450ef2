import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take twenty seconds or more, the longest first: begun last, one alone would hold up the end of all. Those that
 * wait are mixed with those that compute.
 */
const LONGEST = [
  'world/faults',
  'world/simulate',
  'world/worlds',
  'end-to-end/lost-answers',
  'end-to-end/sources',
  'fuzz/fuzz',
  'end-to-end/send',
  'end-to-end/operations',
  'end-to-end/emr-failures',
  'local/sqlite/power-cut',
  'end-to-end/collisions',
  'end-to-end/doors',
  'end-to-end/dead-letters',
  'runs/submit/prepare',
  'end-to-end/kill',
  'end-to-end/backups',
  'local/http/flood',
]

/** Runs the longest files first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return index < 0 ? LONGEST.length : index
    }
    const usual = await super.sort(files)
    return usual.toSorted((a, b) => rank(a) - rank(b))
  }
}
