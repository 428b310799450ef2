import type { Kind } from './nature.ts'

/** Thousands of requests for one instance and one cluster, by all doors, in a world in which much goes wrong. */
export const CONTENTION: Kind = {
  contention: 2_000,
  harm: 1,
  scenes: ['mass cancel', 'rush', 'spellings', 'echoes', 'line after doubt', 'late redrive', 'answer comes late'],
}

/** The same with fewer: a world takes a second, not a minute. For guards that are needed only where runs meet. */
export const CROWDED: Kind = { ...CONTENTION, contention: 120 }
