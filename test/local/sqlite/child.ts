import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Child {
  /** The next printed lines; fewer where the process ends. */
  lines(count: number): Promise<string[]>
  /** `kill -9`. */
  kill(): void
  /** Its exit code; null where it was killed. */
  ended: Promise<number | null>
}

/** Runs child-main.ts in a process of its own. */
export function startChild(command: 'open' | 'write', folder: string): Child {
  const file = `${import.meta.dirname}/child-main.ts`
  const child = spawn(process.execPath, ['--expose-gc', file, command, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const reader = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    lines: async (count) => {
      const lines: string[] = []
      while (lines.length < count) {
        const { value, done } = await reader.next()
        if (done) break
        lines.push(value)
      }
      return lines
    },
    kill: () => child.kill('SIGKILL'),
    ended: once(child, 'close').then(([code]) => code),
  }
}
