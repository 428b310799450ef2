import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** One guard switched off, by rewriting the text of a file as it is read. */
export interface Rewrite {
  /** From the root of the repository, e.g. `lib/runs/poll.ts`. */
  file: string
  find: string | RegExp
  replace: string
}

export const ROOT = join(import.meta.dirname, '../../..')

let rewrites: readonly Rewrite[] = []
const done = new Set<Rewrite>()

/** From here on those files read otherwise, in this thread. */
export function rewrite(some: readonly Rewrite[]): void {
  rewrites = some
}

/** @throws {Error} where one has not been applied: it would prove nothing */
export function checkAllRewritten(): void {
  const left = rewrites.filter((one) => !done.has(one))
  if (left.length > 0) throw new Error(`never read, so never rewritten: ${left.map(({ file }) => file).join(', ')}`)
}

/** The text of a file of the repository. @param file from its root */
export function sourceOf(file: string): string {
  return rewritten(file, readFileSync(join(ROOT, file), 'utf8'))
}

/** @throws {Error} where the text to replace is not there exactly once */
export function rewritten(path: string, text: string): string {
  const file = path.startsWith('/') ? relative(ROOT, path) : path
  return rewrites
    .filter((one) => one.file === file)
    .reduce((now, one) => {
      const { find, replace } = one
      const parts = now.split(find)
      if (parts.length !== 2) throw new Error(`${file}: ${String(find)} is there ${parts.length - 1} times, not once`)
      done.add(one)
      // As it stands: `$` has no meaning in it.
      return parts.join(replace)
    }, text)
}
