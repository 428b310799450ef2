import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Wanted } from './fleet.ts'
import type { Tally } from './tally.ts'

export interface Clouds {
  /** For the product: whom to ask, and as whom. */
  env: Record<string, string>
  tally(): Promise<Tally>
  close(): void
}

/** What the process of the clouds is started with. */
export interface CloudsOptions {
  wishes: readonly Wanted[]
  seed: number
  /** So many requests to one API of DCS are taken in a second; as many as the simulated one takes unless given, 0 = all. */
  perSecond?: number
}

/** Starts the simulated clouds in a process of their own, with what the wishes are for. */
export async function startClouds(options: CloudsOptions): Promise<Clouds> {
  const child = fork(join(import.meta.dirname, 'clouds-process.ts'), { execArgv: [] })
  const env = (await ask(child, options)) as Record<string, string> // as clouds-process.ts says it
  return {
    env,
    tally: () => ask(child, 'tally') as Promise<Tally>, // the same
    close: () => child.disconnect(),
  }
}

function ask(child: ChildProcess, question: object | string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => reject(new Error(`the clouds ended with ${code}`))
    child.once('exit', gone)
    child.once('message', (answer) => {
      child.off('exit', gone)
      resolve(answer)
    })
    child.send(question)
  })
}
