/** What a runs table has, and what is written to it, at a step of its upgrade: README, "Upgrade a table". */
export interface Layout {
  /** The indexes that lists read. Until `recent` is dropped, it has all records. */
  lists: readonly ('recent' | 'listed')[]
  /** The indexes that the sweeper reads. */
  sweeps: readonly ('due' | 'swept')[]
  /** `plain` is the form that release 0.4 reads as well. Both are always read. */
  form: 'plain' | 'compact'
}

export const LAYOUTS = {
  1: { lists: ['recent'], sweeps: ['due', 'swept'], form: 'plain' },
  2: { lists: ['recent', 'listed'], sweeps: ['due', 'swept'], form: 'plain' },
  3: { lists: ['listed'], sweeps: ['due', 'swept'], form: 'plain' },
  4: { lists: ['listed'], sweeps: ['swept'], form: 'compact' },
} as const satisfies Record<number, Layout>
export type Step = `${keyof typeof LAYOUTS}`

/** A new table has it from the start. */
export const FINAL = LAYOUTS[4]
