import * as z from 'zod'
import about from '../../../package.json' with { type: 'json' }
import { tidied } from '../../basics/json-schema.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { Deployment } from '../deployment.ts'
import { ResumeBody } from '../groups.ts'
import { ClearBody } from '../limits.ts'
import { PauseBody } from '../pauses.ts'
import { type ApiRoute, HEADERS } from '../route.ts'
import { routesOf } from '../routes.ts'
import { ArmBody } from '../rules.ts'
import { ANSWERS } from './answers.ts'
import type { Json } from './json.ts'
import { commonResponses, operationOf, ref } from './operation.ts'
import { batchNameOf, requestNameOf, requestSchemas } from './request-schemas.ts'
import { securityOf } from './security.ts'
import { webhooks } from './webhooks.ts'

/** OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0.html. Its schemas are JSON Schema 2020-12, as zod writes it. */
export interface OpenApi extends Json {
  openapi: string
  paths: Record<string, Record<string, Json>>
  components: { schemas: Record<string, Json> } & Json
}

/** The version of the API; another one breaks clients. */
const API_VERSION = '1.0.0'

/** Documents of one process have one address; callers choose few hosts, and a bound keeps them from choosing many. */
const MAX_KEPT = 8
const kept = new Map<string, OpenApi>()

/** The OpenAPI document of a deployment, made from the schemas that the API itself uses. @param base address of the API */
export function openApi(deployment: Pick<Deployment, 'home' | 'access'>, base: string): OpenApi {
  const key = JSON.stringify([deployment.home, deployment.access, base])
  const known = kept.get(key)
  if (known) return known
  if (kept.size >= MAX_KEPT) kept.clear()
  const made = { ...documentOf(deployment), servers: [{ url: base || '/', description: 'This deployment' }] }
  kept.set(key, made)
  return made
}

/** Answers of one home only: `POST /events`, and those of a gateway of AWS. */
const { EventsAnswer, GatewayMessage, ...SHARED } = ANSWERS
const HOME_ANSWERS = { aws: { ...SHARED, GatewayMessage }, 'one machine': { ...SHARED, EventsAnswer } }

const TAGS = {
  runs: 'One accepted request is one run',
  operations: 'The operations that a run can carry out',
  episodes: 'One trouble of one resource: what was tried, whether it helped, and what comes next',
  limits: 'How many runs alarms have started, and may start',
  groups: 'How many resources of a group are worked on at once, and what stops their alarms',
  guards: 'What keeps alarms from starting runs: rules that do not help, breakers, pauses',
  'dead-letters': 'Messages that a queue gave up',
  deliveries: 'Received webhooks and alarms, and their results',
  events: 'What subscribers of the notifications topic receive',
  service: 'The API itself',
} satisfies Record<ApiRoute['tag'] | 'events', string>

function documentOf({ home, access }: Pick<Deployment, 'home' | 'access'>): OpenApi {
  const paths: OpenApi['paths'] = {}
  for (const route of routesOf(home)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, access) }
  }
  const { security, securitySchemes } = securityOf(access)
  const events = webhooks()
  return {
    openapi: '3.1.0',
    info: {
      title: 'Steadyhand',
      version: API_VERSION,
      summary: 'Lifecycle operations on managed cloud services',
      description: about.description,
      contact: { name: 'Whoever runs this deployment' },
      license: { name: about.license, identifier: about.license },
    },
    ...security,
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: events.webhooks,
    components: {
      schemas: {
        ...schemasOf('input', requestSchemas()),
        RunRequest: oneOfAll('The request for a run; `operation` says which schema holds', requestNameOf),
        BatchRequest: oneOfAll('The same for many targets; `operation` says which schema holds', batchNameOf),
        ...schemasOf('input', { Clear: ClearBody, Resume: ResumeBody, Arm: ArmBody, PauseRequest: PauseBody }),
        ...schemasOf('output', HOME_ANSWERS[home]),
      },
      pathItems: events.pathItems,
      responses: commonResponses(access),
      headers: mapped(HEADERS, (description) => ({ description, schema: { type: 'string' } })),
      ...securitySchemes,
    },
  }
}

/** A request for any operation of the catalogue. */
function oneOfAll(description: string, nameOf: (operation: string) => string): Json {
  const mapping = Object.fromEntries([...CATALOGUE.keys()].map((name) => [name, ref(nameOf(name)).$ref]))
  return {
    description,
    oneOf: Object.values(mapping).map(($ref) => ({ $ref })),
    discriminator: { propertyName: 'operation', mapping },
  }
}

/** Named schemas, which refer to each other by name. */
function schemasOf(io: 'input' | 'output', named: Readonly<Record<string, z.core.$ZodType>>): Record<string, Json> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => ref(id).$ref, override: tidied(io) })
  return mapped(schemas, ({ $schema, $id, ...schema }) => schema)
}

function mapped<Value, Made>(record: Readonly<Record<string, Value>>, make: (value: Value, key: string) => Made) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value, key)]))
}
