import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRules } from '../guard/rules.ts'
import { type CloudsOptions, startClouds } from './clouds/clouds.ts'
import type { SimulatedDcs } from './clouds/dcs.ts'
import type { SimulatedEmr } from './clouds/emr.ts'
import { type Standalone, type StandaloneOptions, startStandalone } from './standalone.ts'

const RULES_FILE = 'events/rules.yml'
const TEMPLATE_FILE = '.serverless/cloudformation-template-update-stack.json'

export interface Machine extends Standalone {
  /** Where no Huawei Cloud credentials are set. */
  simulatedDcs?: SimulatedDcs
  /** Where no Tencent Cloud credentials are set. */
  simulatedEmr?: SimulatedEmr
  /** Signs webhooks to `POST /webhooks/generic`. */
  webhookSecret: string
}

export interface MachineOptions extends Pick<StandaloneOptions, 'onDelivery'>, Pick<CloudsOptions, 'dcs' | 'emr'> {
  /** The project's folder, and the process's working directory. */
  root: string
  dataDir: string
  port: number
  environment: Record<string, string | undefined>
}

/**
 * Everything on this machine: the packaged template over embedded queues, topic and table, and simulated clouds unless
 * credentials of real accounts are set. Logs go to `<dataDir>/steadyhand.log`.
 * @throws {RulesError} before anything is started; {Error} if credentials are set by half
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { root, dataDir, port, environment } = options
  parseRules(readFileSync(join(root, RULES_FILE), 'utf8'), RULES_FILE)
  const cloudsDir = join(dataDir, 'clouds')
  mkdirSync(cloudsDir, { recursive: true })
  const webhookSecret = webhookSecretOf(environment, join(dataDir, 'webhook-secret'))
  const log = join(dataDir, 'steadyhand.log')
  const clouds = await startClouds({ environment, dataDir: cloudsDir, dcs: options.dcs, emr: options.emr })
  try {
    const standalone = await startStandalone({
      root,
      templateFile: join(root, TEMPLATE_FILE),
      dataDir,
      port,
      env: { ...clouds.env, WEBHOOK_GENERIC_SECRETS: webhookSecret },
      onLog: ({ from, text }) => appendFileSync(log, `${from} ${text}\n`),
      ...(options.onDelivery ? { onDelivery: options.onDelivery } : {}),
    })
    const close = async (): Promise<void> => {
      await standalone.close()
      await clouds.close()
    }
    const simulated = {
      ...(clouds.dcs ? { simulatedDcs: clouds.dcs } : {}),
      ...(clouds.emr ? { simulatedEmr: clouds.emr } : {}),
    }
    return { ...standalone, close, webhookSecret, ...simulated }
  } catch (error) {
    await clouds.close()
    throw error
  }
}

/** Made at the first start and kept, readable by its owner alone. Whole or not at all, wherever the process is killed. */
function webhookSecretOf(environment: MachineOptions['environment'], file: string): string {
  if (environment.WEBHOOK_GENERIC_SECRETS) return environment.WEBHOOK_GENERIC_SECRETS
  if (!existsSync(file)) {
    const draft = `${file}.draft`
    writeFileSync(draft, `whsec_${randomBytes(32).toString('base64')}`, { mode: 0o600 })
    renameSync(draft, file)
  }
  return readFileSync(file, 'utf8').trim()
}
