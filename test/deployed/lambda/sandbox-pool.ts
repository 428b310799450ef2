import { FunctionError } from './function-error.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

/** All sandboxes of one function. */
export type SandboxPool = {
  /** Runs the function once, in a free sandbox; waits in order for one when all are busy. Rejects with a FunctionError. */
  invoke(event: unknown): Promise<unknown>
  /** Lets running invocations go on for up to `graceMs`, starts no new ones, then kills all sandboxes. */
  close(graceMs: number): Promise<void>
}

/** A sandbox takes some 25 MB; one that is not needed for so long costs a tenth of a second when it is needed again. */
const IDLE_MS = 60_000

/** Starts sandboxes on demand, at most `maxSandboxes` at once, uses idle ones again, and ends those that stay idle. */
export function sandboxPool(options: SandboxOptions, maxSandboxes: number, idleMs = IDLE_MS): SandboxPool {
  const sandboxes = new Set<Sandbox>()
  /** The newest last: it is used first, so that the others stay idle. */
  const idle = new Map<Sandbox, NodeJS.Timeout>()
  const waiting: PromiseWithResolvers<Sandbox>[] = []
  const running = new Set<Promise<unknown>>()
  let closed = false

  const start = () => {
    const sandbox = startSandbox(options)
    sandboxes.add(sandbox)
    return sandbox
  }
  const take = async (): Promise<Sandbox> => {
    if (closed) throw stopped(options.name)
    for (const [sandbox, timer] of [...idle].reverse()) {
      clearTimeout(timer)
      idle.delete(sandbox)
      if (sandbox.isAlive()) return sandbox
      sandboxes.delete(sandbox)
    }
    if (sandboxes.size < maxSandboxes) return start()
    const turn = Promise.withResolvers<Sandbox>()
    waiting.push(turn)
    return turn.promise
  }
  const giveBack = (sandbox: Sandbox) => {
    const alive = sandbox.isAlive()
    if (!alive) sandboxes.delete(sandbox)
    const next = waiting.shift()
    if (next) next.resolve(alive ? sandbox : start())
    else if (alive)
      idle.set(
        sandbox,
        setTimeout(() => end(sandbox), idleMs),
      )
  }
  const end = (sandbox: Sandbox) => {
    idle.delete(sandbox)
    sandboxes.delete(sandbox)
    void sandbox.kill()
  }
  const run = async (event: unknown): Promise<unknown> => {
    const sandbox = await take()
    try {
      return await sandbox.invoke(event)
    } finally {
      giveBack(sandbox)
    }
  }

  return {
    invoke(event) {
      const result = run(event)
      running.add(result)
      const done = () => running.delete(result)
      result.then(done, done)
      return result
    },
    async close(graceMs) {
      closed = true
      for (const turn of waiting.splice(0)) turn.reject(stopped(options.name))
      const grace = Promise.withResolvers<void>()
      const timer = setTimeout(grace.resolve, graceMs)
      await Promise.race([Promise.allSettled(running), grace.promise])
      clearTimeout(timer)
      for (const waiter of idle.values()) clearTimeout(waiter)
      await Promise.all([...sandboxes].map((sandbox) => sandbox.kill()))
    },
  }
}

function stopped(name: string): FunctionError {
  return new FunctionError('closed', name, 'the runtime was stopped')
}
