import { join } from 'node:path'
import { type DcsOptions, type SimulatedDcs, startSimulatedDcs } from './dcs.ts'
import { type EmrOptions, type SimulatedEmr, startSimulatedEmr } from './emr.ts'

/** Each cloud is the real one where its credentials are set, and else a simulated one. */
export interface Clouds {
  dcs?: SimulatedDcs
  emr?: SimulatedEmr
  /** For the functions: whom to ask, and as whom. */
  env: Record<string, string>
  close(): Promise<void>
}

export interface CloudsOptions {
  environment: Record<string, string | undefined>
  /** Where the simulated ones keep their state. */
  dataDir: string
  /** How the simulated ones begin and work. */
  dcs?: Pick<DcsOptions, 'workMs' | 'instances'> | undefined
  emr?: Pick<EmrOptions, 'workMs' | 'clusters'> | undefined
}

const HUAWEI = {
  name: 'Huawei Cloud',
  needed: ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_PROJECT_ID'],
  also: ['HUAWEICLOUD_SDK_SECURITY_TOKEN', 'HUAWEICLOUD_REGION', 'HUAWEICLOUD_DCS_ENDPOINT'],
}
const TENCENT = {
  name: 'Tencent Cloud',
  needed: ['TENCENTCLOUD_SECRET_ID', 'TENCENTCLOUD_SECRET_KEY'],
  also: ['TENCENTCLOUD_TOKEN', 'TENCENTCLOUD_REGION', 'TENCENTCLOUD_EMR_ENDPOINT'],
}

/** @throws {Error} if the credentials of a cloud are set by half; then nothing was started */
export async function startClouds({ environment, dataDir, ...options }: CloudsOptions): Promise<Clouds> {
  const [huawei, tencent] = [accountOf(HUAWEI, environment), accountOf(TENCENT, environment)]
  const dcs = huawei ? undefined : await startSimulatedDcs({ ...options.dcs, stateFile: join(dataDir, 'dcs.json') })
  const emr = tencent ? undefined : await startSimulatedEmr({ ...options.emr, stateFile: join(dataDir, 'emr.json') })
  return {
    ...(dcs ? { dcs } : {}),
    ...(emr ? { emr } : {}),
    // No secret is read on one machine.
    env: { CREDENTIALS_SECRET: '', ...huawei, ...tencent, ...dcsEnv(dcs), ...emrEnv(emr) },
    close: async () => {
      await dcs?.close()
      await emr?.close()
    },
  }
}

/**
 * Whether anything of what is asked is carried out in a real account.
 * @throws {Error} if the credentials of a cloud are set by half
 */
export function hasRealCloud(environment: CloudsOptions['environment']): boolean {
  return [HUAWEI, TENCENT].some((cloud) => accountOf(cloud, environment) !== undefined)
}

/** Half a set of credentials is a mistake: it must not quietly become the simulated cloud. */
function accountOf(
  { name, needed, also }: typeof HUAWEI,
  environment: CloudsOptions['environment'],
): Record<string, string> | undefined {
  const missing = needed.filter((variable) => !environment[variable])
  if (missing.length === needed.length) return undefined
  if (missing.length > 0) throw new Error(`${name} credentials are not complete; missing: ${missing.join(', ')}`)
  return Object.fromEntries(
    [...needed, ...also].flatMap((variable) => (environment[variable] ? [[variable, environment[variable]]] : [])),
  )
}

function dcsEnv(dcs: SimulatedDcs | undefined): Record<string, string> {
  if (!dcs) return {}
  return {
    HUAWEICLOUD_SDK_AK: dcs.credentials.ak,
    HUAWEICLOUD_SDK_SK: dcs.credentials.sk,
    HUAWEICLOUD_SDK_PROJECT_ID: dcs.credentials.projectId,
    HUAWEICLOUD_DCS_ENDPOINT: dcs.url,
  }
}

function emrEnv(emr: SimulatedEmr | undefined): Record<string, string> {
  if (!emr) return {}
  return {
    TENCENTCLOUD_SECRET_ID: emr.credentials.secretId,
    TENCENTCLOUD_SECRET_KEY: emr.credentials.secretKey,
    TENCENTCLOUD_EMR_ENDPOINT: emr.url,
  }
}
