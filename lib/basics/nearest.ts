/** Names longer than this are not compared: senders write them. */
const MAX_COMPARED = 100
const MAX_SHOWN = 60

/** `"dcs.instance.reboot" is not known; did you mean dcs.instance.restart?`, or the known names, where none is near. */
export function didYouMean(given: unknown, known: readonly string[]): string {
  const shown = JSON.stringify(typeof given === 'string' ? given.slice(0, MAX_SHOWN).toWellFormed() : given)
  const near = typeof given === 'string' ? nearest(given, known) : undefined
  const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`
  return `${shown?.slice(0, MAX_SHOWN + 2) ?? 'it'} is not known; ${hint}`
}

/** The known name that differs least from the given one; undefined where a third of its characters or more differ. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  if (given.length > MAX_COMPARED) return undefined
  const byDistance = known.map((name) => ({ name, distance: distanceOf(given.toLowerCase(), name.toLowerCase()) }))
  const [best] = byDistance.sort((a, b) => a.distance - b.distance)
  return best && best.distance <= Math.floor(Math.max(given.length, best.name.length) / 3) ? best.name : undefined
}

/** Characters to insert, delete or replace (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, char] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (char === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
