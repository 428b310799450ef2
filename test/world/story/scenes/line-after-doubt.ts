import { pick, streamOf, whole } from '../../engine/chance.ts'
import type { Following } from '../stage.ts'
import { idOf, operationsOn, wishOf } from '../wishes.ts'

/** Whoever waits in line may end in doubt as well: more lines than that a world does not have. */
const MOST = 3

/** A run has ended, and nobody knows whether its work goes on: many want the resource, and wait in line for it. */
export function playLineAfterDoubt({ seed, sim, lives, send, endsAt, numbersOf }: Following): void {
  const { clock } = sim
  let lines = 0
  lives.onEnd(({ id: runId, target, sentAt, outcome }) => {
    const random = streamOf(seed, `line ${runId}`)
    if (outcome?.providerDone !== false || !sentAt || random() < 0.5 || lines++ >= MOST) return
    const id = idOf(target)
    const operations = operationsOn(id)
    const favourite = pick(operations, random)
    const number = numbersOf(runId)
    for (let left = 5 + whole(8, random); left > 0; left--) {
      const at = clock.now() + whole(60_000, random)
      const operation = random() < 0.3 ? favourite : pick(operations, random)
      const door = pick(['api', 'ticket'] as const, random)
      const wish = wishOf({ operation, id, number: number(), at, door, collision: 'queue' })
      if (at < endsAt) clock.at(at, () => send(wish))
    }
  })
}
