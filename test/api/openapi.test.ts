import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { openApi } from '../../lib/api/openapi/document.ts'
import { ROUTES, routesOf } from '../../lib/api/routes.ts'
import { readRequest } from '../../lib/api/runs/run-request.ts'
import { EVENT_TYPES } from '../../lib/notify/types.ts'
import { checkRequest } from '../../lib/runs/accept/check-request.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { readTemplate } from '../deployed/template/template.ts'
import { validators } from '../documented.ts'

const ROOT = join(import.meta.dirname, '../..')
const BASE = 'https://ops.example/steadyhand'
const AWS = { home: 'aws', access: 'iam' } as const
const document = openApi(AWS, BASE)

interface Described {
  operationId: string
  security?: unknown[]
}

const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    route: `${method.toUpperCase()} ${path}`,
    ...(operation as unknown as Described), // made by this project
  })),
)

const DEPLOYMENTS = [AWS, { home: 'one machine', access: 'bearer' }, { home: 'one machine', access: 'none' }] as const

describe.for(DEPLOYMENTS)('the document of %j', (deployment) => {
  const own = openApi(deployment, BASE)

  test('is accepted as OpenAPI 3.1 by a public validator', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(own))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  test('has the security and the routes of this deployment, at its own address', () => {
    const { security, servers, components, paths } = own
    const schemes = { iam: ['sigv4'], bearer: ['bearer'], none: [] }[deployment.access]
    expect([security, Object.keys(components.securitySchemes ?? {})]).toEqual([
      schemes.map((name) => ({ [name]: [] })),
      schemes,
    ])
    expect(servers).toEqual([{ url: BASE, description: 'This deployment' }])
    expect('/events' in paths).toBe(deployment.home === 'one machine')
    expect(Object.keys(paths)).toEqual([...new Set(routesOf(deployment.home).map(({ path }) => path))])
  })
})

test('the document is made once for each deployment', () => {
  expect(openApi(AWS, BASE)).toBe(document)
  expect(openApi(AWS, 'https://other.example')).not.toBe(document)
})

type Json = Record<string, unknown>

/** Every schema inside the document, with its place. */
function* schemasIn(value: unknown, at = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    // Examples hold values, not schemas.
    if (key === 'examples') continue
    yield* schemasIn(one, `${at}/${key}`)
  }
  if (!Array.isArray(value) && /\/(schemas|properties)\/[^/]+$|\/(schema|items)$/.test(at)) yield [at, value as Json] // an object
}

describe('code generators understand the document:', () => {
  const schemas = [...schemasIn(document)]
  const found = (test: (schema: Json, at: string) => boolean) =>
    schemas.filter(([at, one]) => test(one, at)).map(([at]) => at)
  const isAnswer = (at: string): boolean =>
    !/schemas\/(Dcs|Emr|RunRequest|BatchRequest|Clear|Resume|Arm|PauseRequest)/.test(at) && !at.includes('requestBody')

  test('every property has a description, its own or that of what it refers to', () => {
    const described = (schema: Json): boolean => {
      const [, name = ''] = /schemas\/(.*)/.exec(String(schema.$ref)) ?? []
      return Boolean(schema.description ?? document.components.schemas[name]?.description)
    }
    expect(found((schema, at) => /\/properties\/[^/]+$/.test(at) && !described(schema))).toEqual([])
  })

  test('every object of an answer takes further fields, or a later release would break clients', () => {
    expect(
      found((schema, at) => isAnswer(at) && 'properties' in schema && schema.additionalProperties !== true),
    ).toEqual([])
  })

  test('constants are texts; there are no unions but by discriminator, no defaults in answers', () => {
    expect(found((schema) => 'const' in schema && typeof schema.const !== 'string')).toEqual([])
    expect(found((schema) => 'anyOf' in schema || 'allOf' in schema)).toEqual([])
    expect(found((schema) => 'oneOf' in schema && !('discriminator' in schema))).toEqual([])
    expect(found((schema, at) => 'default' in schema && isAnswer(at) && !at.includes('/parameters/'))).toEqual([])
    expect(found((schema) => Array.isArray(schema.type))).toEqual([])
  })

  test('an answer has one schema, whatever its status, but for problems', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { responses } of Object.values(methods) as unknown as { responses: Record<string, Json> }[]) {
        const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
        const bodies = good.flatMap(([, { content = {} }]) => Object.values(content as Json))
        expect([path, new Set(bodies.map((body) => JSON.stringify(body))).size]).toEqual([
          path,
          bodies.length > 0 ? 1 : 0,
        ])
      }
    }
  })

  test('no two named enums share a value: Go would know it twice', () => {
    const values = Object.entries(document.components.schemas).flatMap(([, schema]) => (schema.enum ?? []) as string[])
    expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([])
  })

  test('every operation says what it does, by summary and description', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    expect(operations.filter(({ summary, description, tags }) => !summary || !description || !tags)).toEqual([])
  })
})

test('every event has a webhook in the document', () => {
  expect(Object.keys(document.webhooks ?? {})).toEqual(Object.keys(EVENT_TYPES))
})

describe('the routes', () => {
  test('of the packaged template are those of the document, with the same authorization', () => {
    const { routes } = readTemplate(`${ROOT}/.serverless/cloudformation-template-update-stack.json`)
    // HEAD is documented as GET.
    // What no route takes is answered by the functions.
    const shown = routes.filter(({ method, key }) => method !== 'HEAD' && method !== 'ANY' && key !== '$default')
    const deployed = shown.map(({ key, authorization = 'NONE' }) => [key, authorization])
    const documented = described.map(({ route, security }) => [route, security?.length === 0 ? 'NONE' : 'AWS_IAM'])
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(deployed))
  })

  test('have unique operation ids', () => {
    expect(new Set(ROUTES.map(({ operationId }) => operationId)).size).toBe(ROUTES.length)
    expect(described).toHaveLength(routesOf('aws').length)
  })
})

test('every schema is referred to, and every reference has one', () => {
  const text = JSON.stringify(document)
  const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
  expect([...new Set(referred)].sort()).toEqual(Object.keys(document.components.schemas).sort())
})

test.for(['RunRequest', 'BatchRequest'])('every operation of the catalogue can be requested by %s', (name) => {
  const request = document.components.schemas[name]
  const { mapping = {} } = (request?.discriminator ?? {}) as { mapping?: Record<string, string> } // own code
  expect(Object.keys(mapping)).toEqual([...CATALOGUE.keys()])
  expect(request?.oneOf).toEqual(Object.values(mapping).map(($ref) => ({ $ref })))
})

describe('a request', () => {
  const INSTANCE = { instanceId: '00000000-0000-4000-8000-000000000001' }
  const CLUSTER = { clusterId: 'emr-test0001', services: [{ name: 'HDFS' }] }
  const one = validators()('/components/schemas/RunRequest')
  const many = validators()('/components/schemas/BatchRequest')
  const asDocumented = (body: object) => ('targets' in body ? many(body) : one(body))
  const asChecked = (body: object): boolean => {
    try {
      const form = 'targets' in body ? 'targets' : 'target'
      const request = readRequest(body, form, { caller: { name: 'me', scope: 'me' }, freshKey: 'key' })
      const targets = 'targets' in request ? request.targets : [request.target]
      for (const target of targets)
        checkRequest({ ...request, target }, { huawei: 'cn-north-4', tencent: 'ap-guangzhou' })
      return true
    } catch {
      return false
    }
  }

  test.for([
    [true, { operation: 'dcs.instance.restart', target: INSTANCE }],
    [true, { operation: 'dcs.instance.restart', targets: [INSTANCE] }],
    [true, { operation: 'dcs.instance.stop', target: INSTANCE, params: {} }],
    [true, { operation: 'dcs.instance.restart', target: { ...INSTANCE, account: 'staging', region: 'cn-east-3' } }],
    [true, { operation: 'dcs.instance.flush', target: INSTANCE, params: { ensureBackup: true }, reason: 'stale' }],
    [true, { operation: 'dcs.node.stop', target: { ...INSTANCE, nodeIds: ['a'] }, collision: 'queue' }],
    [true, { operation: 'dcs.shard.failover', target: { ...INSTANCE, groupId: 'a', nodeId: 'b' } }],
    [true, { operation: 'emr.service.stop', target: CLUSTER, idempotencyKey: 'a' }],
    [true, { operation: 'emr.service.restart', target: CLUSTER, params: { strategy: { rolling: true } } }],
    [true, { operation: 'emr.monitor.stop', target: CLUSTER, params: { keepMonitor: true } }],
    [false, { operation: 'dcs.instance.explode', target: INSTANCE }],
    [false, { operation: 'dcs.instance.restart' }],
    [false, { operation: 'dcs.instance.restart', target: CLUSTER }],
    [false, { operation: 'dcs.instance.restart', target: INSTANCE, targets: [INSTANCE] }],
    [false, { operation: 'dcs.instance.restart', targets: [] }],
    [false, { operation: 'dcs.instance.restart', target: INSTANCE, params: { ensureBackup: true } }],
    [false, { operation: 'dcs.instance.restart', target: { ...INSTANCE, nodeIds: ['a'] } }],
    [false, { operation: 'dcs.instance.restart', target: INSTANCE, force: true }],
    [false, { operation: 'dcs.instance.restart', target: INSTANCE, collision: 'attach' }],
    [false, { operation: 'dcs.instance.restart', target: INSTANCE, reason: 'x'.repeat(1001) }],
    [false, { operation: 'dcs.instance.restart', target: INSTANCE, idempotencyKey: '' }],
    [false, { operation: 'dcs.shard.failover', target: INSTANCE }],
    [false, { operation: 'emr.service.restart', target: CLUSTER }],
    [
      false,
      { operation: 'emr.service.restart', target: CLUSTER, params: { strategy: { rolling: true, batchSize: 0 } } },
    ],
    [false, { operation: 'emr.service.start', target: { ...CLUSTER, services: [] } }],
    [false, { operation: 'emr.service.start', target: { ...CLUSTER, region: 'Guangzhou' } }],
  ] as const)('is %s for the document and for the API: %j', ([valid, body]) => {
    expect({ documented: asDocumented(body).length === 0, checked: asChecked(body) }).toEqual({
      documented: valid,
      checked: valid,
    })
  })
})
