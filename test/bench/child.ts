import { execFile, fork } from 'node:child_process'
import { promisify } from 'node:util'

/** A process of its own, asked one thing at a time. */
export interface Child<Question, Reply> {
  ask(question: Question): Promise<Reply>
  stop(): void
}

/** Starts a module of this folder by the Node that runs the bench. @param flags of Node */
export function startChild<Question extends object, Reply>(
  module: string,
  args: string[] = [],
  { env = {}, flags = [] }: { env?: Record<string, string>; flags?: string[] } = {},
): Child<Question, Reply> {
  const child = fork(new URL(module, import.meta.url), args, {
    execArgv: flags,
    env: { ...process.env, ...env },
    serialization: 'advanced',
  })
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void => reject(new Error(`${module} ${args.join(' ')} ended: ${code}`))
        child.once('exit', ended)
        child.once('message', (reply) => {
          child.off('exit', ended)
          resolve(reply as Reply) // what the module sends
        })
        child.send(question)
      }),
    stop: () => {
      child.kill()
    },
  }
}

/** In a child: answers each question of the one who started it. */
export function answer<Question, Reply>(reply: (question: Question) => Promise<Reply>): void {
  process.on('disconnect', () => process.exit())
  process.on('message', async (question) => process.send?.(await reply(question as Question))) // what `ask` sends
}

/** Runs a program that prints one number when it is done, in a fresh process. */
export async function numberFrom(file: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  const options = { env: { ...process.env, ...env } }
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], options)
  const number = Number(stdout)
  if (!stdout.trim() || !Number.isFinite(number)) throw new Error(`${file} printed ${JSON.stringify(stdout)}`)
  return number
}
