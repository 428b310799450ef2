import type { Witness } from '../../engine/witness.ts'

/** Hears what a witness sees, after him. */
export function listen(witness: Witness, ears: Partial<Pick<Witness, 'written' | 'arrived' | 'posted'>>): void {
  const { written, arrived, posted } = witness
  const { written: hearWritten, arrived: hearArrived, posted: hearPosted } = ears
  if (hearWritten) {
    witness.written = (before, after, by) => {
      written(before, after, by)
      hearWritten(before, after, by)
    }
  }
  if (hearArrived) {
    witness.arrived = (sent, underway) => {
      arrived(sent, underway)
      hearArrived(sent, underway)
    }
  }
  if (hearPosted) {
    witness.posted = (body, by) => {
      posted(body, by)
      hearPosted(body, by)
    }
  }
}
