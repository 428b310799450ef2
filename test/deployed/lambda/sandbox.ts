import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Pace } from '../clock.ts'
import { FunctionError } from './function-error.ts'
import type { SandboxData, SandboxReply, SandboxRequest } from './sandbox-messages.ts'

/** A function as a sandbox runs it: `env` is all of its environment, nothing is inherited. */
export interface SandboxOptions {
  /** Folder that `handler` (`dist/api.handler`) is relative to. */
  root: string
  name: string
  arn: string
  handler: string
  timeoutSeconds: number
  memoryMb: number
  env: Record<string, string>
  pace: Pace
  onLine: (line: string) => void
}

/** One Lambda sandbox. It runs one invocation at a time and is gone after a time-out or a crash. */
export interface Sandbox {
  /** Rejects with a {@link FunctionError}. */
  invoke(event: unknown): Promise<unknown>
  isAlive(): boolean
  kill(): Promise<void>
}

/** To load a function. Lambda gives it 10 s; a machine that starts twenty at once while others compute needs longer. */
const INIT_TIMEOUT_MS = 60_000

/** Starts a thread that loads the handler; the first invocation waits until it has. */
export function startSandbox(options: SandboxOptions): Sandbox {
  const { name } = options
  const worker = startWorker(options)
  let alive = true
  let killed: FunctionError | undefined
  let waiting: PromiseWithResolvers<SandboxReply> | undefined
  const init = Promise.withResolvers<void>()
  // The invocation that waits for it is told; without one, nobody needs to be.
  init.promise.catch(() => undefined)
  const end = (error: FunctionError) => {
    alive = false
    init.reject(error)
    waiting?.reject(error)
  }
  worker.on('message', (message: SandboxReply) => {
    if (message.type === 'ready') init.resolve()
    else waiting?.resolve(message)
  })
  worker.on('error', (error) => end(new FunctionError('crashed', name, String(error), error.name)))
  worker.on('exit', (code) => end(killed ?? new FunctionError('crashed', name, `Runtime exited with status ${code}`)))

  const kill = (error: FunctionError) => {
    killed ??= error
    end(killed)
    return worker.terminate()
  }
  const within = async <T>(ms: number, promise: Promise<T>): Promise<T> => {
    const late = () =>
      kill(new FunctionError('timeout', name, `Task timed out after ${(ms / 1000).toFixed(2)} seconds`))
    const timer = setTimeout(late, ms)
    return promise.finally(() => clearTimeout(timer))
  }

  return {
    async invoke(event) {
      await within(INIT_TIMEOUT_MS, init.promise)
      waiting = Promise.withResolvers()
      const timeoutMs = options.timeoutSeconds * 1000
      const request: SandboxRequest = {
        requestId: randomUUID(),
        event: JSON.stringify(event ?? null),
        deadlineMs: Date.now() + timeoutMs,
      }
      worker.postMessage(request)
      return resultOf(name, await within(timeoutMs, waiting.promise))
    },
    isAlive: () => alive,
    async kill() {
      await kill(new FunctionError('closed', name, 'the runtime was stopped'))
    },
  }
}

function startWorker({ root, name, arn, handler, memoryMb, env, pace, onLine }: SandboxOptions): Worker {
  const dot = handler.lastIndexOf('.')
  const workerData: SandboxData = {
    file: pathToFileURL(`${root}/${handler.slice(0, dot)}.mjs`).href,
    exportName: handler.slice(dot + 1),
    functionName: name,
    functionArn: arn,
    memoryMb,
    pace,
  }
  const worker = new Worker(new URL('./sandbox-worker.ts', import.meta.url), {
    workerData,
    env,
    execArgv: [],
    stdout: true,
    stderr: true,
    // A small young generation: measured under load, a quarter less memory for the whole process, and no slower.
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8 },
  })
  for (const stream of [worker.stdout, worker.stderr]) forwardLines(stream, onLine)
  return worker
}

function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
}

function resultOf(name: string, reply: SandboxReply): unknown {
  if (reply.type === 'error') throw new FunctionError('failed', name, reply.message, reply.errorType)
  return reply.type === 'result' && reply.result !== undefined ? JSON.parse(reply.result) : null
}
