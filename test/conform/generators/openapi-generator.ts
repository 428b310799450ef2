import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { command } from '../command.ts'
import type { Generator, Place, Run, Toolchain } from '../generator.ts'
import { generatorJar, pipInstall } from '../tools.ts'
import { VERSIONS } from '../versions.ts'
import { compileGo, runGo } from './go.ts'
import { compilePython, runPython } from './python.ts'
import { compileTypeScript, runTypeScript } from './typescript.ts'

/** Without a name of its own, the Go module of a client is this. */
const GO_CLIENT = ['mod', 'edit', '-replace=github.com/GIT_USER_ID/GIT_REPO_ID=./steadyhand']

/** Those of https://openapi-generator.tech, by their names there. */
export const OPENAPI_GENERATOR: readonly Generator[] = [
  generator('typescript-fetch', [], { compile: compileTypeScript, run: runTypeScript }),
  generator('java', [], { compile: compileJava, run: runJava }),
  generator('go', ['go'], { compile: (place) => compileGo(place, [GO_CLIENT]), run: runGo }),
  generator('python', ['python3'], {
    compile: async ({ tools, work }) => {
      await pipInstall(join(tools, 'python'), ['mypy'])
      await compilePython(work, join(tools, 'python'))
    },
    run: ({ tools, work }) => runPython(work, join(tools, 'python')),
  }),
]

function generator(
  language: string,
  needs: readonly Toolchain[],
  { compile, run }: Pick<Generator, 'compile' | 'run'>,
): Generator {
  return {
    ...{ name: `openapi-generator-${language}`, tool: 'openapi-generator-cli', needs: ['java', 'mvn', ...needs] },
    install: ({ tools }) => generatorJar(tools),
    generate: ({ tools, work }) => {
      const jar = join(tools, `openapi-generator-cli-${VERSIONS['openapi-generator-cli']}.jar`)
      const words = ['generate', '-i', 'openapi.json', '-g', language, '-o', 'steadyhand']
      return command(['java', '-jar', jar, ...words], { cwd: work })
    },
    ...{ compile, run },
  }
}

/** Builds the client, which is a project, then the program beside it. */
async function compileJava({ work }: Place): Promise<void> {
  const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${join(work, PACKAGES)}`]
  await command(['mvn', '-q', '-B', '-f', 'steadyhand/pom.xml', ...goals], { cwd: work })
  await command(['javac', '-cp', classPath(work), '-d', '.', 'Program.java'], { cwd: work })
}

function runJava({ work }: Place): Run {
  return { words: ['java', '-cp', classPath(work), 'Program'] }
}

/** Where Maven says where it keeps packages. */
const PACKAGES = 'packages.txt'

function classPath(work: string): string {
  return ['.', 'steadyhand/target/classes', readFileSync(join(work, PACKAGES), 'utf8').trim()].join(delimiter)
}
