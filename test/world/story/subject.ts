import type { Rewrite } from '../engine/source.ts'
import { installLoader } from '../loader.ts'
import type { Subject } from './simulate.ts'

/** Makes this thread one in which worlds can live, and loads the code under test into it. Once a thread, before all else. */
export async function prepareThread(guardsOff: readonly Rewrite[]): Promise<Subject> {
  // Most errors here are drawn by chance, and none is traced by its stack: it would cost as much as what is tested.
  Error.stackTraceLimit = 0
  // A plain object: what libraries look up in the environment at each invocation is slow to ask of the real one.
  process.env = { ...process.env }
  installLoader(guardsOff)
  const { installGlobals } = await import('../engine/globals.ts')
  installGlobals()
  const { readTemplate } = await import('../engine/template.ts')
  const { loadHandlers } = await import('./handlers.ts')
  const template = readTemplate()
  const handlers = await loadHandlers(template)
  // With it, all of the ports on SQLite.
  await import('../engine/machine/machine.ts')
  const { checkAllRewritten } = await import('../engine/source.ts')
  checkAllRewritten()
  return { template, handlers }
}
