import { join } from 'node:path'
import type { Check } from '../check.ts'
import { command } from '../command.ts'
import { pipInstall } from '../tools.ts'

/** Seconds. It stops earlier where it has nothing left to try. */
const MAX_TIME = '120'

/** Requests made of the document, well and badly formed. Each answer must be one that the document has. */
export const SCHEMATHESIS: Check = {
  ...{ name: 'schemathesis', tool: 'schemathesis', needs: ['python3'] },
  install: ({ tools }) => pipInstall(tools, ['schemathesis']),
  run: ({ tools, work }, { url }) => {
    // It takes every 400 to a well formed request as an error: a cursor that we never gave has one, too.
    const checks = ['--checks', 'all', '--exclude-checks', 'positive_data_acceptance']
    const words = ['run', 'openapi.json', '--url', url, '--max-time', MAX_TIME, '--continue-on-failure', ...checks]
    return command([join(tools, 'venv/bin/schemathesis'), ...words], { cwd: work })
  },
}
