import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { SimulatedDcs } from '../simulators/dcs.ts'
import type { SimulatedEmr } from '../simulators/emr.ts'
import { apiTokenFile, apiTokenIn } from './api-token.ts'
import { type CloudsOptions, type RealCloud, realClouds, startClouds } from './clouds.ts'
import { accessOf } from './http/access.ts'
import { printable } from './printable.ts'
import { type RulesInForce, rulesOfMachine } from './rules-in-force.ts'
import { type Standalone, type StandaloneOptions, startStandalone } from './standalone.ts'
import { verifyingSettings, type WebhookSettings, webhookSettingsIn } from './webhook-secrets.ts'

const TEMPLATE_FILE = '.serverless/cloudformation-template-update-stack.json'

export interface Machine extends Standalone {
  /** Where no Huawei Cloud credentials are set. */
  simulatedDcs?: SimulatedDcs
  /** Where no Tencent Cloud credentials are set. */
  simulatedEmr?: SimulatedEmr
  /** Where the token is, which was made here. */
  apiTokenFile?: string
  rules: RulesInForce
  realClouds: RealCloud[]
  /** With them webhooks are signed, and verified. */
  webhooks: WebhookSettings
}

export interface MachineOptions extends Pick<StandaloneOptions, 'onDelivery'>, Pick<CloudsOptions, 'dcs' | 'emr'> {
  /** The project's folder, and the process's working directory. */
  root: string
  dataDir: string
  port: number
  /** Where to listen; 127.0.0.1 unless given. */
  host?: string
  /**
   * What every caller but a webhook must bring. Without it, one is made in `dataDir` as soon as a real cloud is configured, and
   * none is wanted while both are simulated: then nobody but this machine may come in.
   */
  apiToken?: string | undefined
  environment: Record<string, string | undefined>
}

/**
 * Everything on this machine: the packaged template over embedded queues, topic and table, and simulated clouds unless
 * credentials of real accounts are set. Logs go to `<dataDir>/steadyhand.log`.
 * @throws {Error} before anything is started: naming each setting that is wrong, or rules by line; or where anybody could come in
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { root, dataDir, port, environment } = options
  const real = realClouds(environment)
  const isReal = real.length > 0
  const isMade = !options.apiToken && isReal
  const access = await accessOf(options.host ?? '127.0.0.1', isMade ? apiTokenIn(dataDir) : options.apiToken)
  const rules = rulesOfMachine(root, environment, isReal)
  const cloudsDir = join(dataDir, 'clouds')
  mkdirSync(cloudsDir, { recursive: true })
  // Sandboxes start at any time: all are to have the rules that were checked, not what an editor has just saved.
  const rulesInForce = resolve(dataDir, 'rules-in-force.yml')
  const webhooks = webhookSettingsIn(dataDir, environment)
  const log = join(dataDir, 'steadyhand.log')
  const clouds = await startClouds({ environment, dataDir: cloudsDir, dcs: options.dcs, emr: options.emr })
  try {
    writeFileSync(rulesInForce, rules.text)
    const standalone = await startStandalone({
      root,
      templateFile: join(root, TEMPLATE_FILE),
      dataDir,
      access,
      port,
      env: { ...clouds.env, ...verifyingSettings(webhooks), RULES_FILE: rulesInForce },
      onLog: ({ from, text }) => appendFileSync(log, `${printable(`${from} ${text}`)}\n`),
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
    const token = isMade ? { apiTokenFile: apiTokenFile(dataDir) } : {}
    return { ...standalone, close, webhooks, rules, realClouds: real, ...simulated, ...token }
  } catch (error) {
    await clouds.close()
    throw error
  }
}
