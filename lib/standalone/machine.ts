import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRules } from '../guard/rules.ts'
import { type DcsOptions, type SimulatedDcs, startSimulatedDcs } from './clouds/dcs.ts'
import { type Standalone, type StandaloneOptions, startStandalone } from './standalone.ts'

const RULES_FILE = 'events/rules.yml'
const TEMPLATE_FILE = '.serverless/cloudformation-template-update-stack.json'

export interface Machine extends Standalone {
  /** Where no Huawei Cloud credentials are set. */
  simulatedDcs?: SimulatedDcs
  /** Signs webhooks to `POST /webhooks/generic`. */
  webhookSecret: string
}

export interface MachineOptions extends Pick<StandaloneOptions, 'onDelivery'> {
  /** The project's folder, and the process's working directory. */
  root: string
  dataDir: string
  port: number
  environment: Record<string, string | undefined>
  /** How the simulated DCS begins and works. */
  dcs?: Pick<DcsOptions, 'workMs' | 'instances'>
}

/**
 * Everything on this machine: the packaged template over embedded queues, topic and table, and a simulated DCS unless
 * credentials of a real account are set. Logs go to `<dataDir>/steadyhand.log`.
 * @throws {RulesError} before anything is started; {Error} if credentials are set by half
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { root, dataDir, port, environment } = options
  parseRules(readFileSync(join(root, RULES_FILE), 'utf8'), RULES_FILE)
  const account = accountOf(environment)
  mkdirSync(join(dataDir, 'clouds'), { recursive: true })
  const webhookSecret = webhookSecretOf(environment, join(dataDir, 'webhook-secret'))
  const log = join(dataDir, 'steadyhand.log')
  const simulatedDcs = account
    ? undefined
    : await startSimulatedDcs({ ...options.dcs, stateFile: join(dataDir, 'clouds/dcs.json') })
  try {
    const standalone = await startStandalone({
      root,
      templateFile: join(root, TEMPLATE_FILE),
      dataDir,
      port,
      env: { ...(account ?? simulatedAccount(simulatedDcs)), WEBHOOK_GENERIC_SECRETS: webhookSecret },
      onLog: ({ from, text }) => appendFileSync(log, `${from} ${text}\n`),
      ...(options.onDelivery ? { onDelivery: options.onDelivery } : {}),
    })
    const close = async (): Promise<void> => {
      await standalone.close()
      await simulatedDcs?.close()
    }
    return { ...standalone, close, webhookSecret, ...(simulatedDcs ? { simulatedDcs } : {}) }
  } catch (error) {
    await simulatedDcs?.close()
    throw error
  }
}

const NEEDED = ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_PROJECT_ID']
const ALSO = ['HUAWEICLOUD_REGION', 'HUAWEICLOUD_DCS_ENDPOINT']

/** Half a set of credentials is a mistake: it must not quietly become the simulated cloud. */
function accountOf(environment: MachineOptions['environment']): Record<string, string> | undefined {
  const missing = NEEDED.filter((name) => !environment[name])
  if (missing.length === NEEDED.length) return undefined
  if (missing.length > 0) throw new Error(`Huawei Cloud credentials are not complete; missing: ${missing.join(', ')}`)
  return Object.fromEntries(
    [...NEEDED, ...ALSO].flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  )
}

function simulatedAccount(dcs: SimulatedDcs | undefined): Record<string, string> {
  if (!dcs) return {}
  return {
    HUAWEICLOUD_SDK_AK: dcs.credentials.ak,
    HUAWEICLOUD_SDK_SK: dcs.credentials.sk,
    HUAWEICLOUD_SDK_PROJECT_ID: dcs.credentials.projectId,
    HUAWEICLOUD_DCS_ENDPOINT: dcs.url,
  }
}

/** Made at the first start and kept, readable by its owner alone. */
function webhookSecretOf(environment: MachineOptions['environment'], file: string): string {
  if (environment.WEBHOOK_GENERIC_SECRETS) return environment.WEBHOOK_GENERIC_SECRETS
  if (!existsSync(file)) writeFileSync(file, `whsec_${randomBytes(32).toString('base64')}`, { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}
