import type { ErrorKind } from './errors.ts'

/** The clouds, as operations, resources and credentials name them. */
export type ProviderName = 'huawei' | 'tencent'

/** A service of a cloud: everything that its calls share. Each folder of `lib/services` declares one. */
export interface Service {
  provider: ProviderName
  /** Short name, e.g. `dcs`. Names of its operations and labels of its hosts begin with it. */
  name: string
  /** Version of its API, e.g. `2019-01-03`; Tencent Cloud sends it as a header. */
  version?: string
  /** Calls of one API that an account may make per second; `BindOptions` may replace it. */
  perSecond: number
  /** Region -> domain of its hosts, where it differs from the cloud's. */
  domains?: Readonly<Record<string, string>>
  errors: ServiceErrors
}

/** Error codes of a service, in addition to those of its cloud's gateway. */
export interface ServiceErrors {
  byKind: CodesByKind
  /** A body with such a code is a refusal even with HTTP 200. */
  pattern?: RegExp
  /** Codes of refusals for the state of the resource, which may never change. */
  byState?: readonly string[]
  /** Codes of refusals before any work, even with HTTP 500. */
  beforeWork?: readonly string[]
  /** Maps the spellings of a code to one. */
  canonical?(code: string): string
}

export type CodesByKind = Readonly<Partial<Record<ErrorKind, readonly string[]>>>

/** Code -> kind. Later tables win. */
export function kindsByCode(...tables: CodesByKind[]): ReadonlyMap<string, ErrorKind> {
  const pairs = tables.flatMap((table) => Object.entries(table))
  return new Map(pairs.flatMap(([kind, codes]) => codes.map((code) => [code, kind as ErrorKind]))) // the tables' own keys
}

/** The variable that replaces the endpoint of a service, e.g. `HUAWEICLOUD_DCS_ENDPOINT`. */
export function endpointVariable({ provider, name }: Pick<Service, 'provider' | 'name'>): EndpointVariable {
  return `${PREFIX[provider]}_${name.toUpperCase()}_ENDPOINT`
}

const PREFIX = { huawei: 'HUAWEICLOUD', tencent: 'TENCENTCLOUD' } as const

export type EndpointVariable = `${(typeof PREFIX)[ProviderName]}_${string}_ENDPOINT`

/** Whether a variable names the endpoint of a service. */
export function isEndpointVariable(name: string): name is EndpointVariable {
  return /^(HUAWEICLOUD|TENCENTCLOUD)_[A-Z0-9]+_ENDPOINT$/.test(name)
}

/** Endpoints that replace the usual ones, by variable. */
export type Endpoints = Readonly<{ [Name in EndpointVariable]?: string | undefined }>
