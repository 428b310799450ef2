import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Rewrite, ROOT, rewrite, rewritten } from './engine/source.ts'

/**
 * What is replaced where code under test asks for it: the clients of the AWS SDK, where records and queues are, the cloud's
 * `call`, its accounts, the log, and the packaged rules.
 */
const DOUBLES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-dynamodb': 'client-dynamodb',
  '@aws-sdk/lib-dynamodb': 'lib-dynamodb',
  '@aws-sdk/client-sqs': 'client-sqs',
  '@aws-sdk/client-sns': 'client-sns',
  '@aws-sdk/client-secrets-manager': 'client-secrets-manager',
  '@aws-lambda-powertools/logger': 'logger',
  '../cloud/call.ts': 'call',
  '../cloud/breaker.ts': 'breaker',
  '../runs/durations/remembered.ts': 'remembered',
  '../cloud/shared-reads.ts': 'shared-reads',
  '../cloud/send.ts': 'send',
  '../cloud/providers.ts': 'providers',
  '../lib/aws/webhook-settings.ts': 'webhook-settings',
  './rationed-log.ts': 'rationed-log',
  '../lib/rules/checked-rules.ts': 'checked-rules',
  './part-memo.ts': 'part-memo',
  'node:sqlite': 'sqlite',
}

/** Only there is anything replaced. */
const UNDER_TEST = ['lib/aws/', 'lib/api/', 'lib/rules/', 'lib/local/', 'functions/'].map(
  (folder) => new URL(`../../${folder}`, import.meta.url).href,
)

/**
 * From here on, in this thread, the code under test is loaded over the simulated world, and with these guards switched
 * off. Nothing of it may have been loaded before.
 */
export function installLoader(guardsOff: readonly Rewrite[] = []): void {
  rewrite(guardsOff)
  registerHooks({
    resolve: (specifier, context, next) => {
      const double = UNDER_TEST.some((folder) => context.parentURL?.startsWith(folder)) ? DOUBLES[specifier] : undefined
      if (!double) return next(specifier, context)
      return { url: new URL(`./doubles/${double}.ts`, import.meta.url).href, shortCircuit: true }
    },
    load: (url, context, next) => {
      const loaded = next(url, context)
      if (guardsOff.length === 0 || !url.startsWith(`file://${ROOT}/`) || !loaded.source) return loaded
      return { ...loaded, source: rewritten(fileURLToPath(url), loaded.source.toString()) }
    },
  })
}
