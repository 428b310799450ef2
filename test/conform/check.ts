import { join } from 'node:path'
import type { TestMachine } from '../end-to-end/test-machine.ts'
import { missingOf } from './command.ts'
import type { Place, Toolchain } from './generator.ts'
import type { ToolName } from './versions.ts'
import { fillWork } from './work.ts'

/** A public tool or library that reads what the product serves, or sends what it takes. */
export interface Check {
  name: string
  tool: ToolName
  needs: readonly Toolchain[]
  install(place: Place): Promise<unknown>
  /** @throws {Error} where something is wrong */
  run(place: Place, against: CheckAgainst): Promise<unknown>
}

export interface CheckAgainst {
  url: string
  document: string
  /** Absent where the server is another one. */
  machine: TestMachine | undefined
}

export async function tryCheck(
  check: Check,
  { cache, ...against }: CheckAgainst & { cache: string },
): Promise<{ missing: readonly string[]; error?: string }> {
  const missing = await missingOf(check.needs)
  if (missing.length > 0) return { missing }
  const tools = join(cache, check.name)
  const place = { tools, work: join(tools, 'work') }
  try {
    await check.install(place)
    fillWork(place, check.name, against.document)
    await check.run(place, against)
    return { missing }
  } catch (error) {
    return { missing, error: (error as Error).message }
  }
}
