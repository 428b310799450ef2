import { createHash } from 'node:crypto'
import { START } from './globals.ts'

/** Everything that happened in a world, in order. */
export interface Log {
  /** @param runs whom it concerns */
  note(nowMs: number, who: string, what: string, runs?: readonly string[]): void
  lines: Line[]
  hash(): string
}

export interface Line {
  text: string
  runs: readonly string[]
}

export function createLog(): Log {
  const lines: Line[] = []
  return {
    lines,
    note: (nowMs, who, what, runs = []) => {
      const said = what.includes(FOLDER) ? what.replaceAll(FOLDERS, '') : what
      lines.push({ text: `${elapsed(nowMs)} ${who.padEnd(20)} ${said}`, runs })
    },
    hash: () => {
      const hash = createHash('sha256')
      for (const { text } of lines) hash.update(text)
      return hash.digest('hex')
    },
  }
}

/** Of the files of a machine: each has a folder of its own, of another name each time. */
export const FOLDER = 'steadyhand-world-'
const FOLDERS = new RegExp(`[^ :]*/${FOLDER}\\w+/\\d+/`, 'g')

/** Minutes, seconds and milliseconds since the world began. */
function elapsed(nowMs: number): string {
  const ms = nowMs - START
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(Math.floor(ms / 60_000))}:${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`
}
