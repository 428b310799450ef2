import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Deployment } from '../lib/api/deployment.ts'
import { openApi as documentOf } from '../lib/api/openapi/document.ts'
import { HEADERS } from '../lib/api/route.ts'

type Json = Record<string, unknown>

/** The document of a deployment, as tests of either home hold answers against it. */
export function openApi(
  deployment: Pick<Deployment, 'home' | 'access'> = { home: 'one machine', access: 'iam' },
  base = 'https://steadyhand.test',
) {
  return documentOf(deployment, base)
}

const NAME = 'https://steadyhand.test/openapi.json'

/** Validators of the document's schemas, by JSON pointer: each gives what is wrong. */
export function validators(components: Json = openApi().components) {
  // OpenAPI's own keywords (`discriminator`) say nothing to a validator.
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ ...openApi(), components }, NAME)
  return (pointer: string) => {
    const validate = ajv.getSchema(`${NAME}#${pointer}`)
    if (!validate) throw new Error(`the document has no ${pointer}`)
    return (value: unknown): string[] => {
      validate(value)
      return (validate.errors ?? []).map(({ instancePath, message, params }) => {
        return `${instancePath} ${message} ${JSON.stringify(params)}`
      })
    }
  }
}

/** The document leaves room for fields of a later release; here, none may be left out of it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  if (!('properties' in schema) || isOpen(schema)) return inside
  return { ...inside, additionalProperties: false }
}

/** Documents and targets have fields that no schema of ours lists. */
function isOpen({ description = '', properties }: Json): boolean {
  return (
    /^(This document|A JSON Schema|What the operation acts on)/.test(String(description)) || properties === undefined
  )
}

const ofAnswers = validators(closed(openApi().components) as Json) // an object gives an object

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

interface Documented {
  $ref?: string
  headers?: Json
  content?: Record<string, unknown>
}

/** What is not as the document says of an answer of a route, e.g. `GET /runs/{id}`; nothing where all is. */
export async function undocumented(route: string, response: Response): Promise<string[]> {
  const document = openApi()
  const [method = '', path = ''] = route.split(' ')
  const operation = document.paths[path]?.[method.toLowerCase()] as
    | { responses?: Record<string, Documented> }
    | undefined
  const found = operation?.responses?.[response.status]
  if (!found) return [`${route} has no ${response.status}: ${await response.text()}`]
  const common = found.$ref?.split('/').at(-1)
  const pointer = common
    ? `/components/responses/${common}`
    : `/paths/${escaped(path)}/${method.toLowerCase()}/responses/${response.status}`
  const responses = document.components.responses as Record<string, Documented>
  const { headers = {}, content = {} } = common ? (responses[common] ?? {}) : found
  const told = Object.keys(HEADERS).filter((name) => response.headers.has(name) && !(name in headers))
  const problems = told.map((name) => `header ${name}`)
  const text = await response.text()
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
  if (text === '') return [...problems, ...(Object.keys(content).length > 0 ? ['no body'] : [])]
  if (type === 'text/markdown' && type in content) return problems
  if (!(type in content)) return [...problems, `content type ${type}`]
  return [...problems, ...ofAnswers(`${pointer}/content/${escaped(type)}/schema`)(JSON.parse(text))]
}
