import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { SOURCES } from '../../sources/sources.ts'

/** A payload to send. */
export interface Sample {
  /** For people. */
  file: string
  /** The sender. */
  source: string
  text: string
}

/** The sources of webhooks, and CloudWatch, which sends none. */
export const SENDERS: readonly string[] = ['cloudwatch', ...SOURCES.keys()]

/** A sample of `events/`. @throws {Error} naming similar ones */
export function sampleOf(samples: string[], given: string): Sample {
  const name = findSample(samples, given)
  const [source = ''] = name.split('/')
  const file = `events/${name}.json`
  return { file, source, text: readFileSync(file, 'utf8') }
}

/** Any file. @throws {Error} where it cannot be read, or the source is unknown */
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

/** Names such as `jira/approved-flush`: the folder is the source. */
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
 * @param given a name as listed, a path, or the last part alone where it is unique
 * @throws {Error} naming similar ones
 */
export function findSample(samples: string[], given: string): string {
  const name = given.replace(/^(\.\/)?events\//, '').replace(/\.json$/, '')
  const found = samples.filter((sample) => sample === name || sample.endsWith(`/${name}`))
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only
  const near = found.length > 0 ? found : nearest(samples, name)
  const more = existsSync(given) ? 'To send the file, say who sends it: --source NAME. ' : ''
  throw new Error(
    `no single sample is called ${JSON.stringify(given)}. ${more}Do you mean\n${near.map((one) => `  ${one}\n`).join('')}`,
  )
}

/** Names in an error. */
const MAX_NEAR = 4

function nearest(samples: string[], name: string): string[] {
  const far = new Map(samples.map((sample) => [sample, Math.min(edits(sample, name), edits(nameOf(sample), name))]))
  return samples.toSorted((a, b) => (far.get(a) ?? 0) - (far.get(b) ?? 0)).slice(0, MAX_NEAR)
}

function nameOf(sample: string): string {
  return sample.slice(sample.indexOf('/') + 1)
}

/** The number of single-character edits between two texts (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [index, character] of [...a].entries()) {
    const next = [index + 1]
    for (let at = 1; at <= b.length; at++) {
      const changed = (row[at - 1] ?? 0) + (character === b[at - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
