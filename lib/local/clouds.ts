import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Endpoints, ProviderName } from '../cloud/service.ts'
import { type DcsOptions, SIMULATED_CREDENTIALS, type SimulatedDcs, startSimulatedDcs } from '../simulators/dcs.ts'
import { type EmrOptions, SIMULATED_EMR_CREDENTIALS, type SimulatedEmr, startSimulatedEmr } from '../simulators/emr.ts'
import { accountSettingsOf, type Environment, endpointVariablesOf, type Regions, regionsOf } from './cloud-settings.ts'

/** Each cloud is the real one where its credentials are set, and else a simulated one. */
export interface Clouds {
  dcs?: SimulatedDcs
  emr?: SimulatedEmr
  /** Credentials, endpoints and regions of both clouds, in the vendors' names. */
  env: CloudEnvironment
  close(): Promise<void>
}

type CloudEnvironment = Environment & Endpoints & Regions

export interface CloudsOptions {
  environment: Environment
  /** The simulated clouds keep their state here. */
  dataDir: string
  /** How the simulated clouds begin and work. */
  dcs?: Pick<DcsOptions, 'workMs' | 'instances'> | undefined
  emr?: Pick<EmrOptions, 'workMs' | 'clusters'> | undefined
  /** The clock of the simulated clouds (epoch ms). */
  now?: () => number
}

/** @param options settings that `realClouds` has checked */
export async function startClouds(options: CloudsOptions): Promise<Clouds> {
  const { environment, dataDir } = options
  mkdirSync(dataDir, { recursive: true })
  const huawei = accountSettingsOf('huawei', environment)
  const tencent = accountSettingsOf('tencent', environment)
  const dcs = huawei ? undefined : await simulatedDcs(options)
  const emr = tencent ? undefined : await simulatedEmr(options)
  return {
    ...(dcs ? { dcs } : {}),
    ...(emr ? { emr } : {}),
    env: { ...regionsOf(environment), ...huawei, ...tencent, ...dcsEnvironment(dcs), ...emrEnvironment(emr) },
    close: async () => {
      await dcs?.close()
      await emr?.close()
    },
  }
}

function simulatedDcs({ dcs, now, dataDir }: CloudsOptions): Promise<SimulatedDcs> {
  const credentials = { ...SIMULATED_CREDENTIALS, sk: freshKey() }
  return startSimulatedDcs({ ...dcs, ...(now && { now }), stateFile: join(dataDir, 'dcs.json'), credentials })
}

function simulatedEmr({ emr, now, dataDir }: CloudsOptions): Promise<SimulatedEmr> {
  const credentials = { ...SIMULATED_EMR_CREDENTIALS, secretKey: freshKey() }
  return startSimulatedEmr({ ...emr, ...(now && { now }), stateFile: join(dataDir, 'emr.json'), credentials })
}

/** Other users of this machine reach the port of a simulated cloud, so only this process knows its key. */
function freshKey(): string {
  return randomBytes(24).toString('base64url')
}

function dcsEnvironment(dcs: SimulatedDcs | undefined): Record<string, string> {
  if (!dcs) return {}
  return {
    HUAWEICLOUD_SDK_AK: dcs.credentials.ak,
    HUAWEICLOUD_SDK_SK: dcs.credentials.sk,
    HUAWEICLOUD_SDK_PROJECT_ID: dcs.credentials.projectId,
    ...everyEndpoint('huawei', dcs.url),
  }
}

function emrEnvironment(emr: SimulatedEmr | undefined): Record<string, string> {
  if (!emr) return {}
  return {
    TENCENTCLOUD_SECRET_ID: emr.credentials.secretId,
    TENCENTCLOUD_SECRET_KEY: emr.credentials.secretKey,
    ...everyEndpoint('tencent', emr.url),
  }
}

/** A service without a simulator is refused by the simulator of its cloud: no request of a simulated cloud leaves this machine. */
function everyEndpoint(provider: ProviderName, url: string): Record<string, string> {
  return Object.fromEntries(endpointVariablesOf(provider).map((name) => [name, url]))
}
