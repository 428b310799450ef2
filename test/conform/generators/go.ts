import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../command.ts'
import type { Generator, Place, Run } from '../generator.ts'
import { goInstall } from '../tools.ts'
import { VERSIONS } from '../versions.ts'

const OGEN = `github.com/ogen-go/ogen`
const OAPI_CODEGEN = 'github.com/oapi-codegen'

/** Of the program; the client is a package of it. */
const MODULE = 'example.com/program'

export const GO: readonly Generator[] = [
  {
    ...{ name: 'ogen', tool: 'ogen', needs: ['go'] },
    install: ({ tools }) => goInstall(tools, `${OGEN}/cmd/ogen@v${VERSIONS.ogen}`),
    generate: ({ tools, work }) =>
      command([join(tools, 'ogen'), '--target', 'steadyhand', '--package', 'steadyhand', 'openapi.json'], {
        cwd: work,
      }),
    compile: (place) => compileGo(place, [['get', `${OGEN}@v${VERSIONS.ogen}`]]),
    run: runGo,
  },
  {
    ...{ name: 'oapi-codegen', tool: 'oapi-codegen', needs: ['go'] },
    install: ({ tools }) =>
      goInstall(tools, `${OAPI_CODEGEN}/oapi-codegen/v2/cmd/oapi-codegen@v${VERSIONS['oapi-codegen']}`),
    generate: ({ tools, work }) => {
      mkdirSync(join(work, 'steadyhand'))
      const words = ['-package', 'steadyhand', '-o', 'steadyhand/steadyhand.go', 'openapi.json']
      return command([join(tools, 'oapi-codegen'), ...words], { cwd: work })
    },
    compile: (place) =>
      compileGo(place, [['get', `${OAPI_CODEGEN}/runtime@v${VERSIONS['github.com/oapi-codegen/runtime']}`]]),
    run: runGo,
  },
]

/** Builds the program with the client; the modules that nobody pinned are the newest. */
export async function compileGo({ work }: Place, before: readonly string[][]): Promise<void> {
  const steps = [['mod', 'init', MODULE], ...before, ['mod', 'tidy'], ['build', '-o', 'program', '.']]
  for (const words of steps) await command(['go', ...words], { cwd: work })
}

export function runGo({ work }: Place): Run {
  return { words: [join(work, 'program')] }
}
