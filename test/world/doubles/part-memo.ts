import { createPartMemo as create, type PartMemo } from '../../../lib/aws/store/part-memo.ts'
import { acting, world } from '../engine/current.ts'
import type { Sim } from '../engine/sim.ts'

const memos = new WeakMap<Sim, Map<string, PartMemo>>()

/** Stands in for `lib/aws/store/part-memo.ts` in a simulation: what a function remembers ends with its world. */
export function createPartMemo(): PartMemo {
  const own = (): PartMemo => {
    const { function: name } = acting().worker
    const known = memos.get(world()) ?? new Map<string, PartMemo>()
    memos.set(world(), known)
    const memo = known.get(name) ?? create()
    known.set(name, memo)
    return memo
  }
  return { get: (id) => own().get(id), set: (id, fields) => own().set(id, fields) }
}
