import type { Kind } from '../story/nature.ts'
import { startThread } from '../threads.ts'

/** Tells the world of a seed, step by step: the same every time. @returns whether all promises were kept */
export async function replay(seed: number, kind: Kind = {}): Promise<boolean> {
  const thread = startThread()
  const [story] = await thread.tell(seed, 1, { ...kind, log: true })
  await thread.stop()
  if (!story) return false
  for (const { text } of story.lines) console.log(text)
  for (const { property, seen, runs } of story.violations) console.log(`${property}: ${seen} (${runs.join(', ')})`)
  console.log(
    `seed ${seed}, on ${story.home}, runs ${story.runs}, violations ${story.violations.length}, hash ${story.hash}`,
  )
  return story.violations.length === 0
}
