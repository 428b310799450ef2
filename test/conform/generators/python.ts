import { join } from 'node:path'
import { command } from '../command.ts'
import type { Generator, Run } from '../generator.ts'
import { pipInstall, pythonIn } from '../tools.ts'

export const PYTHON: readonly Generator[] = [
  {
    ...{ name: 'openapi-python-client', tool: 'openapi-python-client', needs: ['python3'] },
    install: ({ tools }) => pipInstall(tools, ['openapi-python-client', 'mypy']),
    generate: ({ tools, work }) => {
      const words = ['generate', '--path', 'openapi.json', '--output-path', 'steadyhand']
      return command([join(tools, 'venv/bin/openapi-python-client'), ...words], { cwd: work })
    },
    compile: ({ tools, work }) => compilePython(work, tools),
    run: ({ tools, work }) => runPython(work, tools),
  },
]

/** Installs the client, which is a project, and checks by mypy that the program and the client fit. */
export async function compilePython(work: string, environment: string): Promise<void> {
  const python = pythonIn(environment)
  await command([python, '-m', 'pip', 'install', '--quiet', './steadyhand'], { cwd: work })
  await command([python, '-m', 'mypy', 'program.py'], { cwd: work })
}

export function runPython(work: string, environment: string): Run {
  return { words: [pythonIn(environment), join(work, 'program.py')] }
}
