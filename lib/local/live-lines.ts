import type { WriteStream } from 'node:tty'

export interface LiveLine {
  key: string
  /** What makes the line worth printing again. */
  fields: string[]
  /** Changes all the time. */
  elapsed: string
}

/**
 * One line a thing, kept up to date in place; where there is no terminal, a plain line each time that something changed.
 */
export function liveLines(out: Pick<WriteStream, 'write'> & { isTTY?: boolean }): (lines: LiveLine[]) => void {
  const printed = new Map<string, string>()
  let drawn = 0
  return (lines) => {
    if (out.isTTY) {
      // Up over what was drawn, then each line anew up to its end.
      const text = lines.map(({ fields, elapsed }) => `${fields.join('  ')}  ${elapsed}\u001b[K\n`).join('')
      out.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${text}`)
      drawn = lines.length
      return
    }
    for (const { key, fields, elapsed } of lines) {
      if (printed.get(key) === fields.join()) continue
      printed.set(key, fields.join())
      out.write(`${fields.join('  ')}  ${elapsed}\n`)
    }
  }
}
