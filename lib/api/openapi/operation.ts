import * as z from 'zod'
import { tidied } from '../../basics/json-schema.ts'
import { SourceKind } from '../../runs/run.ts'
import { State } from '../../runs/states.ts'
import type { Deployment } from '../deployment.ts'
import { OperationFilter } from '../parameters.ts'
import { type ApiRoute, type BodyName, COMMON_ANSWERS, type DocumentedAnswer } from '../route.ts'
import type { Json } from './json.ts'

export function ref(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

/** One operation of the document. */
export function operationOf(route: ApiRoute, access: Access): Json {
  const { operationId, tag, summary, description, body, answers, examples } = route
  const { path, query, header } = route.in ?? {}
  const parameters = [...parametersOf('path', path), ...parametersOf('query', query), ...parametersOf('header', header)]
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    ...(route.access === 'open' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: requestBody(body, examples) } : {}),
    responses: { ...commonAnswers(route, access), ...answersOf(answers) },
  }
}

type Access = Deployment['access']

/** Whether a route may give a common answer. Nobody authenticates on an open route; only a gateway of AWS counts requests. */
function mayAnswer(status: string, { isSigned, access }: { isSigned: boolean; access: Access }): boolean {
  if (status === '401') return isSigned && access !== 'none'
  if (status === '403') return isSigned
  return status !== '429' || access === 'iam'
}

function commonAnswers(route: ApiRoute, access: Access): Json {
  const isSigned = route.access === 'signed'
  const common = Object.entries(COMMON_ANSWERS).filter(([status]) => mayAnswer(status, { isSigned, access }))
  return Object.fromEntries(common.map(([status, { name }]) => [status, { $ref: `#/components/responses/${name}` }]))
}

/** The common answers by their names in the document. */
export function commonResponses(access: Access): Json {
  const used = Object.entries(COMMON_ANSWERS).filter(([status]) => mayAnswer(status, { isSigned: true, access }))
  return Object.fromEntries(used.map(([, answer]) => [answer.name, commonResponse(answer, access)]))
}

function commonResponse(answer: (typeof COMMON_ANSWERS)[keyof typeof COMMON_ANSWERS], access: Access): Json {
  const response = responseOf(answer)
  if (access !== 'iam' || !('gateway' in answer)) return response
  return { ...response, content: { ...contentOf(answer.body), ...contentOf('GatewayMessage') } }
}

function answersOf(answers: ApiRoute['answers']): Json {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]))
}

/** By media type, and the schema of each. */
const BODIES: Readonly<Record<BodyName, { type: string; schema: Json; description: string }>> = {
  RunRequest: { type: 'application/json', schema: ref('RunRequest'), description: 'The request' },
  BatchRequest: { type: 'application/json', schema: ref('BatchRequest'), description: 'The request' },
  Clear: { type: 'application/json', schema: ref('Clear'), description: 'The reason' },
  Resume: { type: 'application/json', schema: ref('Resume'), description: 'The reason' },
  Arm: { type: 'application/json', schema: ref('Arm'), description: 'The reason' },
  PauseRequest: { type: 'application/json', schema: ref('PauseRequest'), description: 'The pause' },
  Anything: { type: '*/*', schema: {}, description: 'The delivery, as its source sends it' },
  Events: { type: 'application/json', schema: {}, description: 'The events' },
}

function requestBody(body: BodyName, examples: ApiRoute['examples']): Json {
  const { type, schema, description } = BODIES[body]
  const named = Object.entries(examples ?? {}).map(([name, value]) => [name, { summary: name, value }])
  const shown = named.length > 0 ? { examples: Object.fromEntries(named) } : {}
  return { required: true, description, content: { [type]: { schema, ...shown } } }
}

function responseOf({ description, body, headers = [], links }: DocumentedAnswer): Json {
  return {
    description,
    ...(headers.length > 0
      ? { headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }
      : {}),
    ...(body ? { content: contentOf(body) } : {}),
    ...(links
      ? {
          links: Object.fromEntries(
            Object.entries(links).map(([name, link]) => [linkName(name), { ...link, description: name }]),
          ),
        }
      : {}),
  }
}

/** Names of components have no spaces. */
function linkName(name: string): string {
  return name.replaceAll(' ', '-')
}

function contentOf(body: NonNullable<DocumentedAnswer['body']>): Json {
  if (body === 'Page') return { 'text/markdown': { schema: { type: 'string', description: 'A page' } } }
  return { [body === 'Problem' ? 'application/problem+json' : 'application/json']: { schema: ref(body) } }
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
      description,
      ...(required.includes(name) ? { required: true } : {}),
      ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
      schema: named(schema),
    }
  })
}

/** Enums that have a name in the document. */
const NAMED_ENUMS = { State, LifecycleOperation: OperationFilter, SourceKind }

/** A parameter refers to an enum by its name. */
function named(schema: Json): Json {
  const items = schema.items as Json | undefined // of an array of zod's
  if (items) return { ...schema, items: named(items) }
  const values = JSON.stringify(schema.enum)
  const found = Object.entries(NAMED_ENUMS).find(([, { options }]) => JSON.stringify(options) === values)
  return found ? ref(found[0]) : schema
}
