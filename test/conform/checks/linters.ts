import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '../check.ts'
import { command } from '../command.ts'
import { npmInstall } from '../tools.ts'

/** Readers of the document with rules of their own. Each must find nothing, a warning neither. */
export const LINTERS: readonly Check[] = [
  {
    ...{ name: 'spectral', tool: '@stoplight/spectral-cli', needs: [] },
    install: ({ tools }) => npmInstall(tools, ['@stoplight/spectral-cli']),
    run: ({ tools, work }) => {
      writeFileSync(join(work, 'rules.yml'), 'extends: ["spectral:oas"]\n')
      const words = ['lint', 'openapi.json', '--ruleset', 'rules.yml', '--fail-severity', 'warn']
      return command([join(tools, 'node_modules/.bin/spectral'), ...words], { cwd: work })
    },
  },
  {
    ...{ name: 'redocly', tool: '@redocly/cli', needs: [] },
    install: ({ tools }) => npmInstall(tools, ['@redocly/cli']),
    run: async ({ tools, work }) => {
      const words = ['lint', 'openapi.json', '--extends', 'recommended', '--format', 'json']
      const environment = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
      const found = await command([join(tools, 'node_modules/.bin/redocly'), ...words], { cwd: work, environment })
      const { totals } = JSON.parse(found) as { totals: { errors: number; warnings: number } } // its documented form
      if (totals.errors + totals.warnings > 0) throw new Error(found)
    },
  },
]
