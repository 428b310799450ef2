import type { Rewrite } from '../engine/source.ts'
import type { Kind } from './nature.ts'

/** A guard that is switched off, and what it guards. */
export interface Mutant {
  name: string
  rewrites: Rewrite[]
  /** The worlds in which it is needed often. */
  kind?: Kind
}
