import { FunctionError } from './function-error.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

/** All sandboxes of one function. */
export interface SandboxPool {
  /**
   * Runs the function once, in a free sandbox; waits in order for one when as many as may run at once are busy, unless it is
   * known to take its time. Rejects with a FunctionError.
   */
  invoke(event: unknown, options?: { waits: boolean }): Promise<unknown>
  /** Ends what runs, and starts nothing any more. */
  close(): Promise<void>
}

/** Starts sandboxes on demand, at most `maxSandboxes` at once beside those that take their time, and uses idle ones again. */
export function sandboxPool(options: SandboxOptions, maxSandboxes: number): SandboxPool {
  const sandboxes = new Set<Sandbox>()
  const idle: Sandbox[] = []
  const turns: PromiseWithResolvers<void>[] = []
  let running = 0
  let isClosed = false

  const turn = async (): Promise<void> => {
    if (running++ < maxSandboxes) return
    const next = Promise.withResolvers<void>()
    turns.push(next)
    await next.promise
  }
  const leave = (): void => {
    running--
    turns.shift()?.resolve()
  }
  const run = async (event: unknown): Promise<unknown> => {
    if (isClosed) throw stopped(options.name)
    let sandbox = idle.pop()
    if (!sandbox?.isAlive()) sandbox = startSandbox(options)
    sandboxes.add(sandbox)
    try {
      return await sandbox.invoke(event)
    } finally {
      if (sandbox.isAlive()) idle.push(sandbox)
      else sandboxes.delete(sandbox)
    }
  }

  return {
    invoke: async (event, { waits } = { waits: false }) => {
      if (waits) return run(event)
      await turn()
      return run(event).finally(leave)
    },
    close: async () => {
      isClosed = true
      for (const next of turns.splice(0)) next.resolve()
      await Promise.all([...sandboxes].map((sandbox) => sandbox.kill()))
    },
  }
}

function stopped(name: string): FunctionError {
  return new FunctionError('closed', name, 'the runtime was stopped')
}
