/** The guards of the engine and of the rules, by a part of their sentences. */
const GUARDS: readonly [sentence: RegExp, name: (found: RegExpExecArray) => string][] = [
  [/^no rule fits/, () => 'no rule fits'],
  [/^it is resolved/, () => 'resolved'],
  [/^our own run /, () => 'raised by a run'],
  [/(cooldown \w{1,10}|\d{1,6} per \w{1,10} per \w{1,10}) is used up/, ([, limit]) => `limit: ${limit}`],
  [/has succeeded there since/, () => 'answered by a run'],
  [/had the resource/, () => 'another run has the resource'],
  [/runs already wait for the resource/, () => 'the line is full'],
  [/passed before it could be sent/, () => 'the deadline passed while it waited'],
  [/min old; at most|min in the future/, () => 'age'],
  [/which is not on the list|^there is no .* for target|^target\./, () => 'target'],
]

/** Ids, times, numbers and quoted texts of a sentence differ from event to event. */
const QUOTED = /"[^"]{1,100}"/g
const MAX_NAME = 60

/** The guard that a reason is of; for one that is not known here, the beginning of its sentence. */
export function guardOf(reason: string): string {
  for (const [sentence, name] of GUARDS) {
    const found = sentence.exec(reason)
    if (found) return name(found)
  }
  const parts = reason.replaceAll(QUOTED, '…').split(/([\s,;()])/)
  const [first = ''] = parts
    .map((part) => (/\d/.test(part) ? '…' : part))
    .join('')
    .split(/[;:.]\s/)
  return first.slice(0, MAX_NAME)
}
