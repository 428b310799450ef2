import { join } from 'node:path'
import { CommandError, command, missingOf } from './command.ts'
import { type Generator, STEPS } from './generator.ts'
import { fillWork } from './work.ts'

/** What a generator is tried on, in this order. */
export const COLUMNS = ['generates', 'compiles', ...STEPS] as const

export interface Tried {
  /** Those of {@link COLUMNS} that went well. */
  done: ReadonlySet<string>
  /** Commands that the machine lacks: nothing was tried. */
  missing: readonly string[]
  /** What was wrong first. */
  error?: string
}

interface Against {
  /** Of the API. */
  url: string
  /** No other client has it. */
  instanceId: string
  /** The OpenAPI document, as served. */
  document: string
  /** A folder for tools and what they make. */
  cache: string
}

/** Makes a client, compiles it with its program, and lets that run. Stops at the first error. */
export async function tryGenerator(generator: Generator, against: Against): Promise<Tried> {
  const missing = await missingOf(generator.needs)
  const done = new Set<string>()
  if (missing.length > 0) return { done, missing }
  const tools = join(against.cache, generator.name)
  // Below the tools, so that it finds their packages.
  const place = { tools, work: join(tools, 'work') }
  try {
    await generator.install(place)
    fillWork(place, generator.name, against.document)
    await generator.generate(place)
    done.add('generates')
    await generator.compile(place)
    done.add('compiles')
    const { words } = generator.run(place)
    const output = await command([...words, against.url, against.instanceId], { cwd: place.work })
    stepsIn(output, done)
    return { done, missing }
  } catch (error) {
    if (error instanceof CommandError) stepsIn(error.stdout, done)
    return { done, missing, error: (error as Error).message }
  }
}

function stepsIn(output: string, done: Set<string>): void {
  for (const line of output.split('\n')) if (STEPS.some((step) => step === line)) done.add(line)
}
