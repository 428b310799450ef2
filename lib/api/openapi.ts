import * as z from 'zod'
import about from '../../package.json' with { type: 'json' }
import { CATALOGUE } from '../services/catalogue.ts'
import { ANSWERS, type AnswerName } from './answers.ts'
import { ClearBody } from './limits.ts'
import { requestNameOf, requestSchemas } from './request-schemas.ts'
import { type ApiRoute, COMMON_ANSWERS, type DocumentedAnswer, HEADERS } from './route.ts'
import { ROUTES } from './routes.ts'

type Json = Record<string, unknown>

/** OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0.html. Its schemas are JSON Schema 2020-12, as zod writes it. */
export interface OpenApi extends Json {
  openapi: string
  paths: Record<string, Record<string, Json>>
  components: { schemas: Record<string, Json> } & Json
}

let made: OpenApi | undefined

/** The OpenAPI document, made once from the schemas that the API itself uses. */
export function openApi(): OpenApi {
  made ??= document()
  return made
}

const SCHEMES = {
  sigv4: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'AWS Signature Version 4, service `execute-api`. On one machine no signature is required.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'On one machine that listens on the network' },
}

const TAGS = {
  runs: 'One accepted request is one run',
  operations: 'The operations that a run can carry out',
  limits: 'How many runs alarms have started, and may start',
  'dead-letters': 'Messages that a queue gave up',
  deliveries: 'Received webhooks and alarms, and their results',
  service: 'The API itself',
} satisfies Record<ApiRoute['tag'], string>

function document(): OpenApi {
  const paths: OpenApi['paths'] = {}
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Steadyhand',
      version: about.version,
      description: about.description,
      license: { name: about.license, identifier: about.license },
    },
    // The host that served this document.
    servers: [{ url: '/' }],
    security: Object.keys(SCHEMES).map((name) => ({ [name]: [] })),
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: {
        ...schemasOf('input', requestSchemas()),
        RunRequest: runRequest(),
        ...schemasOf('input', { Clear: ClearBody }),
        ...schemasOf('output', ANSWERS),
      },
      responses: mapped(COMMON_ANSWERS, responseOf),
      headers: mapped(HEADERS, (description) => ({ description, schema: { type: 'string' } })),
      securitySchemes: SCHEMES,
    },
  }
}

function operationOf({ operationId, tag, summary, description, access, body, answers, ...route }: ApiRoute): Json {
  const common = mapped(COMMON_ANSWERS, (_, status) => ({ $ref: `#/components/responses/${status}` }))
  const { 401: _401, 403: _403, ...open } = common
  const { path, query, header } = route.in ?? {}
  const parameters = [...parametersOf('path', path), ...parametersOf('query', query), ...parametersOf('header', header)]
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(access === 'open' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: BODIES[body] } } } } : {}),
    responses: { ...(access === 'open' ? open : common), ...mapped(answers, responseOf) },
  }
}

const BODIES = { request: ref('RunRequest'), anything: {}, clear: ref('Clear') }

function responseOf({ description, body = [], headers = [] }: DocumentedAnswer): Json {
  const types = Map.groupBy(body, (name) => (name === 'Problem' ? 'application/problem+json' : 'application/json'))
  const content = [...types].map(([type, names]) => [type, { schema: anyOf(names) }])
  return {
    description,
    ...(headers.length > 0
      ? { headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }
      : {}),
    ...(content.length > 0 ? { content: Object.fromEntries(content) } : {}),
  }
}

function anyOf(names: AnswerName[]): Json {
  const [only, ...more] = names
  return only && more.length === 0 ? ref(only) : { anyOf: names.map(ref) }
}

/** Output schemas show a list as a list: one parameter holds it, separated by commas. */
function parametersOf(location: 'path' | 'query' | 'header', parameters: z.ZodObject | undefined): Json[] {
  if (!parameters) return []
  const read = z.toJSONSchema(parameters, { io: 'output', override: tidied('output') })
  const { required = [] } = z.toJSONSchema(parameters, { io: 'input' })
  return Object.entries(read.properties ?? {}).map(([name, property]) => {
    const { description, ...schema } = property as Json // zod's own objects have no boolean schemas
    return {
      name,
      in: location,
      ...(description ? { description } : {}),
      ...(required.includes(name) ? { required: true } : {}),
      ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
      schema,
    }
  })
}

/** The request for any operation; its `operation` says which schema holds. */
function runRequest(): Json {
  const mapping = Object.fromEntries([...CATALOGUE.keys()].map((name) => [name, ref(requestNameOf(name)).$ref]))
  return {
    oneOf: Object.values(mapping).map(($ref) => ({ $ref })),
    discriminator: { propertyName: 'operation', mapping },
  }
}

function ref(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

/** Named schemas, which refer to each other by name. */
function schemasOf(io: 'input' | 'output', named: Readonly<Record<string, z.core.$ZodType>>): Record<string, Json> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => ref(id).$ref, override: tidied(io) })
  return mapped(schemas, ({ $schema, $id, ...schema }) => schema)
}

/** Removes details that tell a reader nothing: zod's pattern of a known format, the bounds of safe integers. */
function tidied(io: 'input' | 'output') {
  return ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    if (jsonSchema.format) delete jsonSchema.pattern
    // Keys of JSON are strings.
    delete jsonSchema.propertyNames
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    // A later release may add fields to answers.
    if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  }
}

function mapped<Value, Made>(record: Readonly<Record<string, Value>>, make: (value: Value, key: string) => Made) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value, key)]))
}
