import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { openApi } from '../../lib/api/openapi.ts'
import { ROUTES } from '../../lib/api/routes.ts'
import { readRunRequest } from '../../lib/api/run-request.ts'
import { checkRequest } from '../../lib/runs/accept/check-request.ts'
import { CATALOGUE } from '../../lib/services/catalogue.ts'
import { readTemplate } from '../deployed/template/template.ts'
import { validators } from '../documented.ts'

const ROOT = join(import.meta.dirname, '../..')
const document = openApi()

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

test('a public validator accepts the document as OpenAPI 3.1', async () => {
  const validator = new Validator()
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('the document is made once, and has the version of the package', () => {
  expect(openApi()).toBe(document)
  expect(document.info).toMatchObject({ version: JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')).version })
})

describe('the routes', () => {
  test('of the packaged template are those of the document, with the same authorization', () => {
    const { routes } = readTemplate(`${ROOT}/.serverless/cloudformation-template-update-stack.json`)
    // HEAD is documented as GET.
    const shown = routes.filter(({ method }) => method !== 'HEAD')
    const deployed = shown.map(({ key, authorization = 'NONE' }) => [key, authorization])
    const documented = described.map(({ route, security }) => [route, security?.length === 0 ? 'NONE' : 'AWS_IAM'])
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(deployed))
  })

  test('have unique operation ids', () => {
    expect(new Set(described.map(({ operationId }) => operationId)).size).toBe(ROUTES.length)
  })
})

test('every schema is referred to, and every reference has one', () => {
  const text = JSON.stringify(document)
  const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
  expect([...new Set(referred)].sort()).toEqual(Object.keys(document.components.schemas).sort())
})

test('every operation of the catalogue can be requested by its name', () => {
  const { RunRequest } = document.components.schemas
  const { mapping = {} } = (RunRequest?.discriminator ?? {}) as { mapping?: Record<string, string> } // own code
  expect(Object.keys(mapping)).toEqual([...CATALOGUE.keys()])
  expect(RunRequest?.oneOf).toEqual(Object.values(mapping).map(($ref) => ({ $ref })))
})

describe('a request', () => {
  const INSTANCE = { instanceId: '00000000-0000-4000-8000-000000000001' }
  const CLUSTER = { clusterId: 'emr-test0001', services: [{ name: 'HDFS' }] }
  const asDocumented = validators()('/components/schemas/RunRequest')
  const asChecked = (body: object): boolean => {
    try {
      const request = readRunRequest(body, { caller: { name: 'me', scope: 'me' }, freshKey: 'key' })
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
