import type { ErrorKind } from './errors.ts'

/** The clouds, by the names that they have in operations, resources and credentials. */
export type ProviderName = 'huawei' | 'tencent'

/** A service of a cloud: all that its calls have in common. Each folder of `lib/services` declares one. */
export interface Service {
  provider: ProviderName
  /** Short name, e.g. `dcs`. It is the first part of the names of its operations and the first label of its hosts. */
  name: string
  /** Version of its API, e.g. `2019-01-03`; Tencent Cloud sends it as a header. */
  version?: string
  /** Calls of one API that an account may make in a second, unless a provider is bound with another figure. */
  perSecond: number
  /** Region -> domain of its hosts, where that is not the domain of its cloud. */
  domains?: Readonly<Record<string, string>>
  errors: ServiceErrors
}

/** The error codes of a service, beside those of its cloud's gateway. */
export interface ServiceErrors {
  byKind: CodesByKind
  /** A body with such a code is a refusal, although the HTTP status is 200. */
  pattern?: RegExp
  /** Codes that refuse a request for the state of the resource, which may never change. */
  byState?: readonly string[]
  /** Codes that refuse a request before anything was done, although the HTTP status is 500. */
  beforeWork?: readonly string[]
  /** Gives one spelling to a code that is written in several. */
  canonical?(code: string): string
}

export type CodesByKind = Readonly<Partial<Record<ErrorKind, readonly string[]>>>

/** Code -> kind. Later tables win. */
export function kindsByCode(...tables: CodesByKind[]): ReadonlyMap<string, ErrorKind> {
  const pairs = tables.flatMap((table) => Object.entries(table))
  return new Map(pairs.flatMap(([kind, codes]) => codes.map((code) => [code, kind as ErrorKind]))) // keys of the tables
}

/** The variable that names another endpoint for a service, e.g. `HUAWEICLOUD_DCS_ENDPOINT`. */
export function endpointVariable({ provider, name }: Pick<Service, 'provider' | 'name'>): EndpointVariable {
  return `${PREFIX[provider]}_${name.toUpperCase()}_ENDPOINT`
}

const PREFIX = { huawei: 'HUAWEICLOUD', tencent: 'TENCENTCLOUD' } as const

export type EndpointVariable = `${(typeof PREFIX)[ProviderName]}_${string}_ENDPOINT`

/** Whether a variable names the endpoint of a service. */
export function isEndpointVariable(name: string): name is EndpointVariable {
  return /^(HUAWEICLOUD|TENCENTCLOUD)_[A-Z0-9]+_ENDPOINT$/.test(name)
}

/** Endpoints that replace the usual ones, by their variables. */
export type Endpoints = Readonly<{ [Name in EndpointVariable]?: string | undefined }>
