import type { Mutant } from './mutant.ts'
import { OF_BREAKERS } from './mutants/of-breakers.ts'
import { OF_CLOUDS } from './mutants/of-clouds.ts'
import { OF_ENDS } from './mutants/of-ends.ts'
import { OF_GUARDS } from './mutants/of-guards.ts'
import { OF_JOINING } from './mutants/of-joining.ts'
import { OF_LIMITS } from './mutants/of-limits.ts'
import { OF_RECORDS } from './mutants/of-records.ts'
import { OF_SQLITE } from './mutants/of-sqlite.ts'
import { OF_STEPS } from './mutants/of-steps.ts'

/** Each must be caught: what is not caught is not proven. */
export const MUTANTS: readonly Mutant[] = [
  ...OF_RECORDS,
  ...OF_STEPS,
  ...OF_ENDS,
  ...OF_JOINING,
  ...OF_LIMITS,
  ...OF_GUARDS,
  ...OF_BREAKERS,
  ...OF_CLOUDS,
  ...OF_SQLITE,
]
