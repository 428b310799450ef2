import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { text } from 'node:stream/consumers'

/**
 * `npm run stack < stack.txt`: a stack trace of a packaged function, with the places in the sources. It reads the maps in
 * `dist/`, so those of the release that wrote the trace must be there.
 */

const PLACE = /(?:file:\/\/)?[\w./-]*?\b([a-z-]+\.mjs):(\d+):(\d+)/g

const maps = new Map<string, SourceMap | undefined>()

const given = await text(process.stdin)
process.stdout.write(
  given.replaceAll(PLACE, (place, bundle, line, column) => sourceOf(bundle, +line, +column) ?? place),
)

/** `lib/runs/run.ts:12:3`, or undefined where there is no map. */
function sourceOf(bundle: string, line: number, column: number): string | undefined {
  if (!maps.has(bundle)) maps.set(bundle, mapOf(bundle))
  const origin = maps.get(bundle)?.findOrigin(line, column)
  if (!origin || !('fileName' in origin)) return undefined
  return `${origin.fileName.replace(/^(\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`
}

function mapOf(bundle: string): SourceMap | undefined {
  const file = `dist/${bundle}.map`
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}
