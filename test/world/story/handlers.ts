import { join } from 'node:path'
import type { Handler } from '../engine/lambda.ts'
import { ROOT } from '../engine/source.ts'
import type { Template } from '../engine/template.ts'

/** Signs the simulated tickets. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(24, 'simulated').toString('base64')}`

export const RULES_FILE = join(import.meta.dirname, 'rules.yml')

/** What is not in the template, or means something in AWS only. */
const ENVIRONMENT = {
  WEBHOOK_GENERIC_SECRETS: WEBHOOK_SECRET,
  // What was read of a secret is kept, and would be the only thing that one world leaves to the next.
  CREDENTIALS_SECRET: '',
  RULES_FILE,
}

/**
 * Loads the handlers of all functions of the template, once a process: what they keep between two invocations is the
 * world's. The loader must have been installed.
 */
export async function loadHandlers({ functions }: Template): Promise<Map<string, Handler>> {
  for (const { environment } of functions.values()) Object.assign(process.env, environment)
  Object.assign(process.env, ENVIRONMENT)
  const loaded = [...functions.keys()].map(async (name): Promise<[string, Handler]> => {
    const module: { handler: Handler } = await import(join(ROOT, 'functions', `${name}.ts`))
    return [name, module.handler]
  })
  return new Map(await Promise.all(loaded))
}
