import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CloudsOptions, startClouds } from '../../lib/local/clouds.ts'
import { rulesOfMachine } from '../../lib/local/rules-in-force.ts'
import { verifyingSettings, type WebhookSettings, webhookSettingsIn } from '../../lib/local/webhook-secrets.ts'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { checkedRulesText } from '../../lib/rules/checked-rules.ts'
import type { SimulatedDcs } from '../../lib/simulators/dcs.ts'
import type { SimulatedEmr } from '../../lib/simulators/emr.ts'
import { clockOf, paceOf } from './clock.ts'
import { type Stack, type StackOptions, startStack } from './stack.ts'

const TEMPLATE_FILE = '.serverless/cloudformation-template-update-stack.json'

/** The product as it is packaged, on emulated AWS, with simulated clouds and the rules of the samples. */
export interface Deployed extends Stack {
  simulatedDcs: SimulatedDcs
  simulatedEmr: SimulatedEmr
  /** With them webhooks are signed, and verified. */
  webhooks: WebhookSettings
  /** Where they are kept, as on one machine. */
  dataDir: string
  /** That of the functions and the clouds. */
  clock: () => number
  /** What people were told, each time that they were, the oldest first. */
  outcomes(): CloudEvent[]
}

export interface DeployedOptions
  extends Pick<CloudsOptions, 'dcs' | 'emr'>,
    Pick<StackOptions, 'root' | 'environment' | 'onLog'> {
  templateFile?: string
  /** So many times as fast as real time. */
  speed?: number
  /** Set in every function. */
  functionEnv?: Record<string, string>
}

/** @param options.root the project's folder, where it was packaged */
export async function startDeployed(options: DeployedOptions): Promise<Deployed> {
  const { root, templateFile = join(root, TEMPLATE_FILE), dcs, emr, speed, functionEnv, ...others } = options
  const pace = paceOf(speed)
  const clock = clockOf(pace)
  const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-deployed-'))
  const webhooks = webhookSettingsIn(dataDir)
  const clouds = await startClouds({ environment: {}, dataDir: join(dataDir, 'clouds'), dcs, emr, now: clock })
  const close = async (): Promise<void> => {
    await clouds.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const rulesFile = join(dataDir, 'rules.json')
    writeFileSync(rulesFile, checkedRulesText(rulesOfMachine(root, { environment: {}, isReal: false }).rules))
    // The accounts are those of the environment: there is no Secrets Manager.
    const secrets = { ...clouds.env, ...verifyingSettings(webhooks), CREDENTIALS_SECRET: '', ...functionEnv }
    const env = (url: string) => ({ ...secrets, RULES_FILE: rulesFile, PUBLIC_URL: url })
    const stack = await startStack({ ...others, root, templateFile, env, pace })
    const simulated = { simulatedDcs: present(clouds.dcs), simulatedEmr: present(clouds.emr) }
    const closeAll = () => stack.close().finally(close)
    return { ...stack, ...simulated, webhooks, dataDir, clock, outcomes: () => outcomesIn(stack), close: closeAll }
  } catch (error) {
    await close()
    throw error
  }
}

function outcomesIn({ notifications, resources }: Stack): CloudEvent[] {
  const topic = resources.get('NotificationsTopic')
  return notifications.flatMap(({ TopicArn, Message }) => (TopicArn === topic ? [JSON.parse(Message)] : []))
}

/** A cloud of which no account is configured is simulated. */
function present<Cloud>(cloud: Cloud | undefined): Cloud {
  if (!cloud) throw new Error('a simulated cloud is missing')
  return cloud
}
