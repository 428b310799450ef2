import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { SOURCES } from '../../sources/sources.ts'

/** What is sent. */
export interface Sample {
  /** For people. */
  file: string
  /** Who sends it. */
  source: string
  text: string
}

/** CloudWatch sends no webhooks. */
export const SENDERS: readonly string[] = ['cloudwatch', ...SOURCES.keys()]

/** A sample of ours. @throws {Error} naming those that are near */
export function sampleOf(samples: string[], given: string): Sample {
  const name = findSample(samples, given)
  const [source = ''] = name.split('/')
  const file = `events/${name}.json`
  return { file, source, text: readFileSync(file, 'utf8') }
}

/** Any file. @throws {Error} where it cannot be read, or nobody is called so */
export function fileOf(file: string, source: string): Sample {
  if (!SENDERS.includes(source)) {
    throw new Error(`--source takes one of ${SENDERS.join(', ')}, not ${JSON.stringify(source)}`)
  }
  try {
    return { file, source, text: readFileSync(file, 'utf8') }
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

/** `jira/approved-flush`: the folder is the source. */
export function listSamples(root: string): string[] {
  const folder = join(root, 'events')
  return globSync(join(folder, '*/*.json'))
    .map((file) =>
      relative(folder, file)
        .replaceAll('\\', '/')
        .replace(/\.json$/, ''),
    )
    .sort()
}

/**
 * @param given as it is listed, or as a path, or its name alone where there is one of it
 * @throws {Error} naming those that are near
 */
export function findSample(samples: string[], given: string): string {
  const name = given.replace(/^(\.\/)?events\//, '').replace(/\.json$/, '')
  const found = samples.filter((sample) => sample === name || sample.endsWith(`/${name}`))
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only
  const near = found.length > 0 ? found : nearest(samples, name)
  const more = existsSync(given) ? 'To send the file, say who sends it: --source NAME. ' : ''
  throw new Error(
    `there is no one sample ${JSON.stringify(given)}. ${more}Do you mean\n${near.map((one) => `  ${one}\n`).join('')}`,
  )
}

/** So many are named. */
const MAX_NEAR = 4

function nearest(samples: string[], name: string): string[] {
  const far = new Map(samples.map((sample) => [sample, Math.min(edits(sample, name), edits(nameOf(sample), name))]))
  return samples.toSorted((a, b) => (far.get(a) ?? 0) - (far.get(b) ?? 0)).slice(0, MAX_NEAR)
}

function nameOf(sample: string): string {
  return sample.slice(sample.indexOf('/') + 1)
}

/** Letters to be added, left out or changed until one is the other (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1]
    for (let at = 1; at <= b.length; at++) {
      const changed = (row[at - 1] ?? 0) + (letter === b[at - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
