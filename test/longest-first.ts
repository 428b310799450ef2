import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take half a minute or more, the longest first: begun last, one alone would hold up the end of all. Those that
 * wait are mixed with those that compute, for each machine of an end-to-end test computes while it starts.
 */
const LONGEST = [
  'standalone/emr-failures',
  'fuzz/fuzz',
  'standalone/sources',
  'world/simulate',
  'standalone/operations',
  'standalone/kill',
  'standalone/collisions',
  'standalone/emr',
  'standalone/backups',
  'standalone/send',
  'standalone/doors',
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
