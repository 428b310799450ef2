import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = join(import.meta.dirname, '../..')

/** One life of the product. Instants in epoch ms. */
export interface Life {
  startedAt: number
  /** When `GET /health` was answered first; absent: killed before that. */
  answeredAt?: number
  /** Absent: it lives, or ended by itself. */
  killedAt?: number
  /** Why it ended although nobody killed it. */
  ended?: string
}

export interface Product {
  life: Life
  /** Resolves when it answers; gives false if it has ended, or does not answer in time. */
  answers(): Promise<boolean>
  /** SIGKILL to its whole process group. */
  kill(): Promise<void>
}

export interface ProductOptions {
  port: number
  /** All of its environment but PATH. */
  env: Record<string, string>
}

/** More than ten times what it takes on a busy machine. */
const MOST_START_MS = 60_000
const ASK_EVERY_MS = 50
const TAIL = 2_000

/** Starts it as a process manager would. */
export function startProduct({ port, env }: ProductOptions): Product {
  const child = spawn(process.execPath, ['lib/standalone/main.ts'], {
    cwd: ROOT,
    // A group of its own: whatever it may start dies with it.
    detached: true,
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const life: Life = { startedAt: Date.now() }
  const ended = endOf(child, life)
  return {
    life,
    answers: async () => {
      while (!life.ended && Date.now() - life.startedAt < MOST_START_MS) {
        const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
        await response?.arrayBuffer().catch(() => undefined)
        if (response?.ok) {
          life.answeredAt = Date.now()
          return true
        }
        await sleep(ASK_EVERY_MS)
      }
      life.ended ??= `no answer in ${MOST_START_MS / 1000} s`
      return false
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      life.killedAt = Date.now()
      killGroup(child)
      await ended
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

function endOf(child: ChildProcess, life: Life): Promise<void> {
  // Nobody else would end a group of its own when the soak itself is stopped.
  const orphaned = (): void => killGroup(child)
  process.once('exit', orphaned)
  let tail = ''
  child.stderr?.on('data', (chunk) => {
    tail = `${tail}${chunk}`.slice(-TAIL)
  })
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', orphaned)
      if (life.killedAt === undefined) life.ended = `ended with ${code ?? signal}: ${tail.trim()}`
      resolve()
    })
  })
}
