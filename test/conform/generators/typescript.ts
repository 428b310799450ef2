import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { command } from '../command.ts'
import type { Generator, Place, Run } from '../generator.ts'
import { npmInstall } from '../tools.ts'
import type { ToolName } from '../versions.ts'

/** What `tsc --init` and a bundler give. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ES2024', 'DOM'],
    module: 'ESNext',
    moduleResolution: 'Bundler',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
}

const TSC = join(import.meta.dirname, '../../../node_modules/.bin/tsc')

interface Made {
  name: string
  tool: ToolName
  /** Installed beside the tool. */
  beside?: readonly ToolName[]
  /** The words after the command, which is one of the tool's own. */
  generate: readonly [bin: string, ...words: string[]]
}

function generator({ name, tool, beside = [], generate: [bin, ...words] }: Made): Generator {
  return {
    ...{ name, tool, needs: [] },
    install: ({ tools }) => npmInstall(tools, [tool, ...beside]),
    generate: ({ tools, work }) => command([join(tools, 'node_modules/.bin', bin), ...words], { cwd: work }),
    compile: compileTypeScript,
    run: runTypeScript,
  }
}

/** Checks the types of the client and of the program, and makes one file of both. */
export async function compileTypeScript({ work }: Place): Promise<void> {
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  await command([TSC, '--pretty', 'false'], { cwd: work })
  await build({
    ...{ entryPoints: [join(work, 'program.ts')], outfile: join(work, 'program.mjs') },
    ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' },
    // Packages stay where they are, as in any program for Node.
    packages: 'external',
  })
}

export function runTypeScript({ work }: Place): Run {
  return { words: [process.execPath, join(work, 'program.mjs')] }
}

export const TYPESCRIPT: readonly Generator[] = [
  generator({
    ...{ name: 'openapi-fetch', tool: 'openapi-typescript', beside: ['openapi-fetch', 'typescript'] },
    generate: ['openapi-typescript', 'openapi.json', '-o', 'steadyhand.ts'],
  }),
  generator({
    ...{ name: 'hey-api', tool: '@hey-api/openapi-ts', beside: ['typescript'] },
    generate: ['openapi-ts', '-i', 'openapi.json', '-o', 'steadyhand'],
  }),
  generator({
    ...{ name: 'orval', tool: 'orval', beside: ['axios', 'typescript'] },
    generate: ['orval', '--input', 'openapi.json', '--output', 'steadyhand.ts'],
  }),
  generator({
    ...{ name: 'oazapfts', tool: 'oazapfts', beside: ['@oazapfts/runtime'] },
    generate: ['oazapfts', 'openapi.json', 'steadyhand.ts'],
  }),
]
