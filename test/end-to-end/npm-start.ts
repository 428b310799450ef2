import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** A line of the log. */
interface Line {
  message: string
  [field: string]: unknown
}

/** A process as `npm start` makes it. */
export interface Started {
  /** Where it listens; empty where it has ended. */
  url: string
  child: ChildProcess
  /** Those that it has written, the oldest first. */
  lines: Line[]
  /** All that it has written. */
  text(): string
  kill(): Promise<void>
}

export interface NpmStart {
  start(environment: Record<string, string>, cwd?: string): Promise<Started>
  killAll(): void
}

/** Starts processes that know nothing of this one's environment. */
export function npmStart(): NpmStart {
  const children: ChildProcess[] = []
  return {
    start: async (environment, cwd = ROOT) => {
      const child = spawn(process.execPath, [join(ROOT, 'lib/local/main.ts')], {
        ...{ cwd, stdio: ['ignore', 'pipe', 'pipe'] },
        env: { PATH: process.env.PATH, PORT: '0', ...environment },
      })
      children.push(child)
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      const kill = (): Promise<void> => {
        child.kill('SIGKILL')
        return ended
      }
      let text = ''
      const lines: Line[] = []
      const listens = new Promise<string>((resolve) => {
        child.stderr.on('data', (chunk) => (text += chunk))
        child.stdout.on('data', (chunk) => {
          text += chunk
          lines.splice(0, lines.length, ...linesIn(text))
          const started = lines.find(({ message }) => message === 'started')
          if (started) resolve(String(started.url))
        })
        child.once('close', () => resolve(''))
      })
      return { url: await listens, child, lines, text: () => text, kill }
    },
    killAll: () => {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}

/** The last line may not be whole yet. */
function linesIn(text: string): Line[] {
  const whole = text.split('\n').slice(0, -1)
  return whole.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
}
