import type { WriteStream } from 'node:tty'

export interface LiveLine {
  key: string
  /** A change of these prints the line again. */
  fields: string[]
  /** Changes all the time, which prints nothing by itself. */
  elapsed: string
}

/**
 * Shows one line for each key: updated in place on a terminal, else printed again at each change.
 */
export function liveLines(out: Pick<WriteStream, 'write'> & { isTTY?: boolean }): (lines: LiveLine[]) => void {
  const printed = new Map<string, string>()
  let drawn = 0
  return (lines) => {
    if (out.isTTY) {
      // Moves up over the drawn lines, then draws and clears each to its end.
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
