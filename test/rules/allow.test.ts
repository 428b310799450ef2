import { describe, expect, test } from 'vitest'
import { allowCaller, allowingRule } from '../../lib/rules/allow.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { BatchRequest, RunRequest } from '../../lib/runs/accept/draft.ts'
import { NotAllowedError } from '../../lib/runs/request-error.ts'

/** The runs that direct requests may ask for: by the webhook `generic`, and by HTTP. */

const [CACHE, OTHER] = ['2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef', '9c47de18-60fb-4f3e-8a25-7b90cd13e642']
const REGIONS = { huawei: 'cn-north-4', tencent: 'ap-guangzhou' }
const ROLE = 'arn:aws:iam::111122223333:role/admin'

const rulesWith = (rule: string) =>
  parseRules(
    `requests: [{ name: r, when: { source: generic }, ${rule} }]\ncallers: [{ name: c, when: { caller: '${ROLE}' }, ${rule} }]`,
    'r.yml',
  )

interface Overrides {
  operation?: string
  target?: object
  params?: object
}
const CLUSTER = { clusterId: 'emr-4zvc5mul', services: [{ name: 'HDFS' }] }
const request = ({ operation = 'dcs.instance.swap', target = {}, params }: Overrides): RunRequest => ({
  operation,
  target: operation.startsWith('emr') ? { ...CLUSTER, ...target } : { instanceId: CACHE, ...target },
  params,
  source: { kind: 'http', name: 'generic', id: ROLE },
  collision: 'reject',
  idempotencyKey: 'k',
})

/** Checks webhooks and HTTP, which share one policy. */
const isAllowed = (rule: string, asked: RunRequest | BatchRequest): boolean => {
  const rules = rulesWith(rule)
  const [byWebhook, byHttp] = [
    () => allowingRule(asked, { rules, regions: REGIONS }),
    () => allowCaller(asked, ROLE, { rules, regions: REGIONS }),
  ].map((ask) => {
    try {
      ask()
      return true
    } catch (error) {
      expect(error).toBeInstanceOf(NotAllowedError)
      return false
    }
  })
  expect(byHttp).toBe(byWebhook)
  return byHttp ?? false
}

const ALL = "run: '*', resources: '*'"
const args = { strategy: { rolling: true, args: [{ key: 'k', values: ['v'] }] } }
const RESTART = 'emr.service.restart'

test.for<[string, string, Overrides, boolean]>([
  ['an operation that is named', "run: dcs.*, resources: '*'", {}, true],
  ['another operation', "run: emr.*, resources: '*'", {}, false],
  ['a resource that is named', `run: '*', resources: huawei/dcs/${CACHE}`, {}, true],
  ['another resource', `run: '*', resources: huawei/dcs/${CACHE}`, { target: { instanceId: OTHER } }, false],
  ['what deletes data', ALL, { operation: 'dcs.instance.flush' }, false],
  ['what deletes data, where that is said', `${ALL}, allowDataLoss: true`, { operation: 'dcs.instance.flush' }, true],
  ['the default account, by its name', ALL, { target: { account: 'default' } }, true],
  ['another account', ALL, { target: { account: 'staging' } }, false],
  ['an account that is named', `${ALL}, accounts: [staging]`, { target: { account: 'staging' } }, true],
  ['the default account, where another is named', `${ALL}, accounts: [staging]`, {}, false],
  ['the default region, by its name', ALL, { target: { region: 'cn-north-4' } }, true],
  ['another region', ALL, { target: { region: 'eu-west-101' } }, false],
  ['a region that fits', `${ALL}, regions: cn-*`, { target: { region: 'cn-east-3' } }, true],
  ['a region that does not', `${ALL}, regions: cn-*`, { target: { region: 'eu-west-101' } }, false],
  ['params', ALL, { operation: 'dcs.node.stop', params: { ensureBackup: true } }, true],
  [
    'params that are not named',
    `${ALL}, params: strategy.*`,
    { operation: 'dcs.node.stop', params: { ensureBackup: true } },
    false,
  ],
  [
    'params that are named',
    `${ALL}, params: [ensureBackup]`,
    { operation: 'dcs.node.stop', params: { ensureBackup: true } },
    true,
  ],
  ['a strategy', ALL, { operation: RESTART, params: { strategy: { rolling: true, batchSize: 2 } } }, true],
  ['arguments, which are free text', ALL, { operation: RESTART, params: args }, false],
  ['arguments where all params are named', `${ALL}, params: '*'`, { operation: RESTART, params: args }, true],
  ['arguments where they are named', `${ALL}, params: [strategy.*]`, { operation: RESTART, params: args }, true],
  [
    'arguments where other params are',
    `${ALL}, params: [strategy.rolling]`,
    { operation: RESTART, params: args },
    false,
  ],
])('%s by %s', ([, rule, asked, expected]) => {
  expect(isAllowed(rule, request(asked))).toBe(expected)
})

test('one rule must allow all of many targets', () => {
  const { target: _, ...rest } = request({})
  const many = (...targets: object[]): BatchRequest => ({ ...rest, targets })
  const [first, second] = [{ instanceId: CACHE }, { instanceId: OTHER, account: 'staging' }]
  expect(isAllowed(ALL, many(first))).toBe(true)
  expect(isAllowed(ALL, many(first, second))).toBe(false)
  expect(isAllowed(`${ALL}, accounts: '*'`, many(first, second))).toBe(true)
})

test.for<[string, string, string | RegExp]>([
  ['where', 'run: emr.*', `dcs.instance.swap, on huawei/dcs/${CACHE} in account default, region cn-north-4`],
])('the refusal names the request: %s', ([, run, message]) => {
  expect(() => allowingRule(request({}), { rules: rulesWith(`${run}, resources: '*'`), regions: REGIONS })).toThrow(
    message,
  )
})

describe('a caller of the API', () => {
  const ask = (rules: string, asked: Overrides, id = ROLE) =>
    allowCaller(request(asked), id, { rules: parseRules(rules, 'r.yml'), regions: REGIONS })

  test('may ask for everything that deletes no data, without `callers`', () => {
    const anywhere = { target: { account: 'staging', region: 'eu-west-101' } }
    expect(ask('rules: []', anywhere)).toMatchObject({ limits: undefined })
    expect(ask('rules: []', { operation: RESTART, params: args })).toBeDefined()
    expect(() => ask('rules: []', { operation: 'dcs.instance.flush' })).toThrow('which deletes data')
  })

  test('may ask for nothing where the rules are for others, or empty', () => {
    const others = `callers: [{ name: c, when: { caller: arn:*:role/other }, ${ALL} }]`
    expect(() => ask(others, {})).toThrow(`no rule of \`callers\` allows "${ROLE}" to ask for dcs.instance.swap`)
    expect(() => ask('callers: []', {})).toThrow(NotAllowedError)
  })

  test('is known by the issuer and the subject of the token', () => {
    const desk = `callers: [{ name: c, when: { caller: 'https://issuer.example#*' }, ${ALL} }]`
    expect(ask(desk, {}, 'https://issuer.example#17')).toBeDefined()
    expect(() => ask(desk, {}, 'https://other.example#17')).toThrow(NotAllowedError)
  })

  test('learns which of several targets is wrong', () => {
    const { target: _, ...rest } = request({})
    const targets = [{ instanceId: CACHE }, { instanceId: 'bad!' }]
    expect(() =>
      allowCaller({ ...rest, targets }, ROLE, { rules: parseRules('rules: []', 'r.yml'), regions: REGIONS }),
    ).toThrow(/^targets\.1\.instanceId/)
  })

  test('gets the limits of the rule that allows the request', () => {
    const limited = `callers: [{ name: c, when: { caller: '*' }, ${ALL}, limits: [2 per 1h] }]`
    expect(ask(limited, {}).limits).toMatchObject({ rule: 'c', atMost: [{ count: 2 }] })
  })
})
