import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { text } from 'node:stream/consumers'

/**
 * `npm run stack < stack.txt`: a stack trace of a packaged function, with the places in the sources. It reads the maps in
 * `dist/`, so those of the release that wrote the trace must be there.
 */

/** A place in a stack trace stands between spaces, or in brackets. */
const WORD = /[^\s()]+/g

const maps = new Map<string, SourceMap | undefined>()

const given = await text(process.stdin)
process.stdout.write(given.replaceAll(WORD, (word) => sourceOf(word) ?? word))

/** @param place e.g. `file:///var/task/dist/poll-run.mjs:12:3`. @returns `lib/runs/run.ts:12:3`, or undefined where there is no map */
function sourceOf(place: string): string | undefined {
  const [column, line, path = ''] = place.split(':').reverse()
  const bundle = path.split('/').at(-1) ?? ''
  if (!bundle.endsWith('.mjs')) return undefined
  if (!maps.has(bundle)) maps.set(bundle, mapOf(bundle))
  const origin = maps.get(bundle)?.findOrigin(Number(line), Number(column))
  if (!origin || !('fileName' in origin)) return undefined
  return `${origin.fileName.replace(/^(\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`
}

function mapOf(bundle: string): SourceMap | undefined {
  const file = `dist/${bundle}.map`
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}
