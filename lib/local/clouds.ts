import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { accountSettingErrors } from '../cloud/account-settings.ts'
import { accountIn, environmentAccounts } from '../cloud/accounts.ts'
import type { Provider } from '../cloud/provider.ts'
import { findProviders } from '../cloud/providers.ts'
import type { ProviderName } from '../cloud/service.ts'
import { type Endpoints, endpointVariable } from '../cloud/service.ts'
import { SERVICES } from '../services/catalogue.ts'
import { type DcsOptions, SIMULATED_CREDENTIALS, type SimulatedDcs, startSimulatedDcs } from '../simulators/dcs.ts'
import { type EmrOptions, SIMULATED_EMR_CREDENTIALS, type SimulatedEmr, startSimulatedEmr } from '../simulators/emr.ts'

/** In the vendors' names; each cloud is whole. */
export type CloudSettings = Readonly<Record<string, string | undefined>> & Endpoints & typeof DEFAULT_REGIONS

/** Each cloud is the real one where its credentials are set, and else a simulated one. */
export interface Clouds {
  dcs?: SimulatedDcs
  emr?: SimulatedEmr
  /** Whom to ask, as whom, and where by default. */
  env: CloudSettings
  close(): Promise<void>
}

export interface CloudsOptions {
  environment: Record<string, string | undefined>
  /** Where the simulated ones keep their state. */
  dataDir: string
  /** How the simulated ones begin and work. */
  dcs?: Pick<DcsOptions, 'workMs' | 'instances'> | undefined
  emr?: Pick<EmrOptions, 'workMs' | 'clusters'> | undefined
  /** Of the simulated ones (epoch ms). */
  now?: () => number
}

interface Cloud {
  id: ProviderName
  name: string
  needed: string[]
  /** Of no use without these. */
  also: string[]
  region: keyof typeof DEFAULT_REGIONS
}

function endpointsOf(provider: ProviderName): string[] {
  return SERVICES.flatMap(({ service }) => (service.provider === provider ? [endpointVariable(service)] : []))
}

const HUAWEI: Cloud = {
  id: 'huawei',
  name: 'Huawei Cloud',
  needed: ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_PROJECT_ID'],
  also: ['HUAWEICLOUD_SDK_SECURITY_TOKEN', ...endpointsOf('huawei')],
  region: 'HUAWEICLOUD_REGION',
}
const TENCENT: Cloud = {
  id: 'tencent',
  name: 'Tencent Cloud',
  needed: ['TENCENTCLOUD_SECRET_ID', 'TENCENTCLOUD_SECRET_KEY'],
  also: ['TENCENTCLOUD_TOKEN', ...endpointsOf('tencent')],
  region: 'TENCENTCLOUD_REGION',
}

/** The settings are those that {@link realClouds} has checked. */
export async function startClouds({ environment, dataDir, now, ...options }: CloudsOptions): Promise<Clouds> {
  mkdirSync(dataDir, { recursive: true })
  const clock = now ? { now } : {}
  const [huawei, tencent] = [accountOf(HUAWEI, environment), accountOf(TENCENT, environment)]
  const dcs = huawei
    ? undefined
    : await startSimulatedDcs({
        ...options.dcs,
        ...clock,
        stateFile: join(dataDir, 'dcs.json'),
        credentials: { ...SIMULATED_CREDENTIALS, sk: freshKey() },
      })
  const emr = tencent
    ? undefined
    : await startSimulatedEmr({
        ...options.emr,
        ...clock,
        stateFile: join(dataDir, 'emr.json'),
        credentials: { ...SIMULATED_EMR_CREDENTIALS, secretKey: freshKey() },
      })
  return {
    ...(dcs ? { dcs } : {}),
    ...(emr ? { emr } : {}),
    env: { ...regionsOf(environment), ...huawei, ...tencent, ...dcsEnv(dcs), ...emrEnv(emr) },
    close: async () => {
      await dcs?.close()
      await emr?.close()
    },
  }
}

/** Whoever else is on this machine reaches the port of a simulated cloud: only this process knows its key. */
function freshKey(): string {
  return randomBytes(24).toString('base64url')
}

/** A cloud in which what is asked is carried out. */
export interface RealCloud {
  name: string
  /** Of targets that name none. */
  region: string
  /** Where it is asked for them. */
  address: string
}

/**
 * The clouds of which an account is configured; the others are simulated.
 * @throws {Error} a line for each setting that is missing, malformed, or of no use as it stands
 */
export function realClouds(environment: CloudsOptions['environment']): RealCloud[] {
  const lines = [
    ...[HUAWEI, TENCENT].flatMap((cloud) => credentialErrors(cloud, environment)),
    ...accountSettingErrors(environment),
  ]
  if (lines.length > 0) throw new Error(lines.join('\n'))
  const find = findProviders(environmentAccounts(accountIn(environment)), environment)
  const regions = regionsOf(environment)
  return [HUAWEI, TENCENT].flatMap(({ id, name, needed, region: variable }) => {
    if (!needed.some((one) => environment[one])) return []
    const region = regions[variable]
    const services = SERVICES.map(({ service }) => service).filter(({ provider }) => provider === id)
    // At once: these accounts are of the environment.
    const addresses = services.map((service) => (find(service, { region }) as Provider).origin)
    return [{ name, region, address: addresses.join(', ') }]
  })
}

/** Half a set of credentials, or a setting without them, is a mistake: it must not quietly become the simulated cloud. */
function credentialErrors({ name, needed, also }: Cloud, environment: CloudsOptions['environment']): string[] {
  const missing = needed.filter((variable) => !environment[variable])
  const idle = also.filter((variable) => environment[variable])
  if (missing.length === needed.length) {
    return idle.map((variable) => `${variable} is set, but no credentials of ${name}: set ${needed.join(', ')} as well`)
  }
  return missing.length > 0 ? [`${name} credentials are not complete; missing: ${missing.join(', ')}`] : []
}

/** Of targets that name none. As `serverless.yml` has them. */
const DEFAULT_REGIONS = { HUAWEICLOUD_REGION: 'cn-north-4', TENCENTCLOUD_REGION: 'ap-guangzhou' }

function regionsOf(environment: CloudsOptions['environment']): typeof DEFAULT_REGIONS {
  return {
    HUAWEICLOUD_REGION: environment.HUAWEICLOUD_REGION || DEFAULT_REGIONS.HUAWEICLOUD_REGION,
    TENCENTCLOUD_REGION: environment.TENCENTCLOUD_REGION || DEFAULT_REGIONS.TENCENTCLOUD_REGION,
  }
}

function accountOf(
  { needed, also }: Cloud,
  environment: CloudsOptions['environment'],
): Record<string, string> | undefined {
  if (!needed.some((variable) => environment[variable])) return undefined
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
