import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { residentMb } from './process-group.ts'

/** One life of the product. Instants in epoch ms. */
export interface Life {
  startedAt: number
  /** When it said that it listens; absent: it was ended before that. */
  listenedAt?: number
  /** Absent: it lives, or ended by itself. */
  killedAt?: number
  /** Why it ended although nobody ended it. */
  ended?: string
  /** Memory that it had at the end, where the system tells. */
  residentMb?: number
}

export interface Product {
  life: Life
  /** What `ps` knows it by; all that it starts is in its group. */
  pid: number
  /** Resolves when it says that it listens, with its address; undefined if it has ended, or does not say so in time. */
  listens(): Promise<string | undefined>
  /** Ends its whole process group, and resolves when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

export interface ProductOptions {
  /** The folder of its sources. */
  root?: string
  /** A command of the shell, in that folder; that of `npm start` unless given. */
  command?: string
  /** All of its environment but PATH. */
  env: Record<string, string>
  /** Finds the address in the line that says that it listens. */
  addressIn?: (line: string) => string | undefined
  /** Hears each line that it writes. */
  onLine?: (line: string) => void
}

const ROOT = join(import.meta.dirname, '../..')

/** More than ten times what it takes on a busy machine. */
const MOST_START_MS = 60_000
const TAIL = 2_000

/** Starts it as `npm start` does, and a process manager. */
export function startProduct(options: ProductOptions): Product {
  const { root = ROOT, command = startCommand(root), env, addressIn = addressInLog, onLine = () => {} } = options
  const child = spawn('sh', ['-c', command], {
    cwd: root,
    // A group of its own: whatever it may start dies with it.
    detached: true,
    // As npm does: the Node that the project brings.
    env: { PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid = 0 } = child
  const life: Life = { startedAt: Date.now() }
  const ended = endOf(child, life)
  const { promise: listening, resolve } = Promise.withResolvers<string | undefined>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const address = life.listenedAt === undefined ? addressIn(line) : undefined
    if (address !== undefined) {
      life.listenedAt = Date.now()
      resolve(address)
    }
    onLine(line)
  })
  return {
    life,
    pid,
    listens: async () => {
      const timer = setTimeout(() => {
        life.ended ??= `it did not listen within ${MOST_START_MS / 1000} s`
        resolve(undefined)
      }, MOST_START_MS)
      const address = await Promise.race([listening, ended])
      clearTimeout(timer)
      return address ?? undefined
    },
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      Object.assign(life, { residentMb: residentMb(pid), killedAt: Date.now() })
      endGroup(child, signal)
      await ended
    },
  }
}

function startCommand(root: string): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.start
}

/** Its log is JSON where it does not go to a terminal. */
function addressInLog(line: string): string | undefined {
  return line.includes('"message":"started"') ? JSON.parse(line).url : undefined
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal)
}

function endOf(child: ChildProcess, life: Life): Promise<undefined> {
  // Nobody else would end a group of its own when the soak itself is stopped.
  const orphaned = (): void => endGroup(child, 'SIGKILL')
  process.once('exit', orphaned)
  let tail = ''
  child.stderr?.on('data', (chunk) => {
    tail = `${tail}${chunk}`.slice(-TAIL)
  })
  return new Promise((resolve) => {
    // When all that it has written is read, too.
    child.once('close', (code, signal) => {
      process.off('exit', orphaned)
      if (life.killedAt === undefined) life.ended = `ended with ${code ?? signal}: ${tail.trim()}`
      resolve(undefined)
    })
  })
}
