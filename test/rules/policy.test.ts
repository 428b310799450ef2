import { describe, expect, test } from 'vitest'
import { checkedRulesText } from '../../lib/rules/checked-rules.ts'
import { type Asker, budgetOf, decidePolicy, mayOverride } from '../../lib/rules/policy.ts'
import { unreachableEntries } from '../../lib/rules/policy-reach.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { checkRequest } from '../../lib/runs/accept/check-request.ts'

/** The policy alone: which entry decides, and in which words. */

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESOURCE = `huawei/dcs/${CACHE}`
const ROLE = 'arn:aws:sts::111122223333:assumed-role/operators/ann'

/** Rules that the entries of a policy may name. */
const RULES = `
rules: [{ name: restart, when: { alarm: '*' }, run: dcs.instance.restart, target: { instanceId: ${CACHE} } }]
tickets: [{ name: by-ticket, when: { source: jira, event: e }, run: dcs.instance.restart, target: { instanceId: ${CACHE} } }]
requests: [{ name: desk, when: { source: generic }, run: '*', resources: '*' }]
callers: [{ name: people, when: { caller: '*' }, run: '*', resources: '*' }]
`
const policyOf = (...entries: string[]) =>
  parseRules(`${RULES}policy:\n${entries.map((one) => `  - { ${one} }\n`).join('')}`, 'r.yml').policy
const entry = (fields: string, name = 'one') =>
  `name: ${name}, ${fields.includes('who:') ? '' : 'who: {}, '}${fields.includes('operations:') ? '' : "operations: '*', "}${
    fields.includes('resources:') ? '' : "resources: '*', "
  }${fields}`

const ALARM: Asker = { kind: 'alarm', source: 'cloudwatch', rule: 'restart' }
const TICKET: Asker = { kind: 'ticket', source: 'jira', rule: 'by-ticket' }
const HTTP: Asker = { kind: 'http', source: 'api', caller: ROLE }
const BY_RULE: Asker = { ...HTTP, rule: 'people' }
const asked = (operation = 'dcs.instance.restart', target: object = {}) =>
  checkRequest({ operation, target: { instanceId: CACHE, ...target } }, { huawei: 'cn-north-4' })
const says = (policy: ReturnType<typeof policyOf>, asker: Asker, request = asked()) =>
  decidePolicy(policy, asker, request).verdict.says

test('without a policy everything is allowed, and an empty one allows nothing', () => {
  expect(decidePolicy(undefined, ALARM, asked('dcs.instance.flush'))).toEqual({
    verdict: { guard: 'policy', says: 'allow', reason: 'there is no policy' },
  })
  expect(decidePolicy([], ALARM, asked()).verdict).toEqual({
    ...{ guard: 'policy', says: 'refuse', reason: 'an empty policy allows nothing' },
  })
})

describe('who', () => {
  test.for<[string, Asker[], Asker[]]>([
    ['{}', [ALARM, TICKET, HTTP], []],
    ['{ kind: alarm }', [ALARM], [TICKET, HTTP]],
    ['{ kind: ticket }', [TICKET], [ALARM, HTTP]],
    ['{ kind: http }', [HTTP], [ALARM, TICKET]],
    ['{ kind: [alarm, http] }', [ALARM, HTTP], [TICKET]],
    ['{ source: cloudwatch }', [ALARM], [TICKET, HTTP, { ...ALARM, source: 'huawei' }]],
    ["{ source: [jira, 'cloud*'] }", [ALARM, TICKET], [HTTP]],
    ['{ source: api }', [HTTP], [ALARM, TICKET]],
    ['{ rule: restart }', [ALARM], [TICKET, HTTP, BY_RULE]],
    ["{ rule: '*' }", [ALARM, TICKET, BY_RULE], [HTTP]],
    ['{ rule: people }', [BY_RULE], [HTTP, ALARM]],
    ['{ kind: ticket, source: generic, rule: desk }', [{ ...TICKET, source: 'generic', rule: 'desk' }], [TICKET]],
    ["{ caller: 'arn:*:assumed-role/operators/*' }", [HTTP, BY_RULE], [ALARM, TICKET, { ...HTTP, caller: 'other' }]],
    ["{ caller: '*' }", [HTTP], [ALARM, TICKET]],
    ["{ caller: '*', rule: people }", [BY_RULE], [HTTP]],
  ])('%s fits those whom it names', ([who, fitting, others]) => {
    const policy = policyOf(entry(`who: ${who}, allow: true`))
    expect(fitting.map((one) => says(policy, one))).toEqual(fitting.map(() => 'allow'))
    expect(others.map((one) => says(policy, one))).toEqual(others.map(() => 'refuse'))
  })
})

describe('what', () => {
  const STAGING = { account: 'staging' }
  test.for<[string, object, 'allow' | 'refuse']>([
    ['operations: dcs.instance.restart', {}, 'allow'],
    ['operations: [emr.*, dcs.instance.*]', {}, 'allow'],
    ['operations: dcs.instance.swap', {}, 'refuse'],
    [`resources: ${RESOURCE}`, {}, 'allow'],
    [`resources: ${RESOURCE.toUpperCase()}`, {}, 'allow'],
    ['resources: huawei/dcs/*', {}, 'allow'],
    ['resources: tencent/*', {}, 'refuse'],
    ['accounts: default', {}, 'allow'],
    ['accounts: default', STAGING, 'refuse'],
    ['accounts: [staging]', STAGING, 'allow'],
    ["resources: '*'", STAGING, 'allow'],
    ['regions: cn-*', {}, 'allow'],
    ['regions: cn-*', { region: 'eu-west-101' }, 'refuse'],
    ["resources: '*'", { region: 'eu-west-101' }, 'allow'],
  ])('%s, with %j', ([fields, target, expected]) => {
    const policy = policyOf(entry(`${fields}, allow: true`))
    expect(says(policy, ALARM, asked('dcs.instance.restart', target))).toBe(expected)
  })
})

describe('the order', () => {
  const [denied, allowed] = [
    entry('who: { kind: alarm }, allow: false', 'denied'),
    entry('allow: true, allowDataLoss: true', 'allowed'),
  ]
  test('the first entry that fits decides', () => {
    expect([says(policyOf(denied, allowed), ALARM), says(policyOf(denied, allowed), HTTP)]).toEqual(['refuse', 'allow'])
    expect(says(policyOf(allowed, denied), ALARM)).toBe('allow')
  })

  test.for<[string, string[], 'allow' | 'refuse']>([
    ['no entry of its own', [entry('allow: true')], 'refuse'],
    ['`allowDataLoss: false`', [entry('allow: true, allowDataLoss: false')], 'refuse'],
    ['an entry that says so', [entry('allow: true, allowDataLoss: true')], 'allow'],
    [
      'a later entry that says so',
      [entry('allow: true'), entry('operations: dcs.instance.flush, allow: true, allowDataLoss: true', 'flush')],
      'allow',
    ],
    [
      'an earlier one that denies it',
      [entry('operations: dcs.instance.flush, allow: false', 'never'), entry('allow: true, allowDataLoss: true')],
      'refuse',
    ],
  ])('what deletes data, with %s', ([, entries, expected]) => {
    expect(says(policyOf(...entries), HTTP, asked('dcs.instance.flush'))).toBe(expected)
  })
})

describe('the words', () => {
  const request = `dcs.instance.restart, on ${RESOURCE} in account default, region cn-north-4`
  // The first entry is in line 7 of the file.
  test.for<[string, string[], Asker, string]>([
    [
      'an entry that denies, with its reason',
      [entry('who: { kind: http }, allow: true', 'first'), entry('allow: false, reason: use the desk', 'second')],
      ALARM,
      `policy of r.yml:8 (second) does not allow alarm of cloudwatch (rule restart) to ask for ${request}: use the desk`,
    ],
    [
      'a caller',
      [entry('who: { kind: http }, allow: false')],
      HTTP,
      `policy of r.yml:7 (one) does not allow "${ROLE}" to ask for ${request}`,
    ],
    [
      'no entry that fits',
      [entry('who: { kind: http }, allow: true')],
      TICKET,
      `no entry of the policy from r.yml:7 (one) on allows ticket of jira (rule by-ticket) to ask for ${request}`,
    ],
  ])('of %s', ([, entries, asker, reason]) => {
    expect(decidePolicy(policyOf(...entries), asker, asked()).verdict).toEqual({
      ...{ guard: 'policy', says: 'refuse', reason },
    })
  })

  test('name the entry that lacks allowDataLoss', () => {
    expect(decidePolicy(policyOf(entry('allow: true')), HTTP, asked('dcs.instance.flush')).verdict.reason).toBe(
      `policy of r.yml:7 (one) does not allow "${ROLE}" to ask for dcs.instance.flush, which deletes data, ` +
        `on ${RESOURCE} in account default, region cn-north-4: it says no \`allowDataLoss: true\``,
    )
  })

  test('of what is allowed name the entry, and its budget', () => {
    expect(decidePolicy(policyOf(entry('allow: true, budget: [2 per 1h, 20 per 2d]')), HTTP, asked()).verdict).toEqual({
      ...{ guard: 'policy', says: 'allow', reason: 'policy of r.yml:7 (one) allows it' },
      figures: 'at most 2 per 1h, 20 per 2d',
    })
  })

  test('without a file name the entry alone', () => {
    const policy = policyOf(entry('allow: false'))?.map(({ at, ...one }) => one)
    expect(decidePolicy(policy, HTTP, asked()).verdict.reason).toMatch(/^policy of one does not allow/)
  })

  test('name the line also after the rules were packaged', () => {
    const rules = parseRules(
      '# a comment\n\npolicy:\n  # the first\n  - name: one\n    who: {}\n    operations: "*"\n    resources: "*"\n' +
        '    allow: false\n\n  # the second\n  -\n    name: two\n    who: {}\n    operations: "*"\n    resources: "*"\n    allow: true\n',
      'events/rules.yml',
    )
    const { checkedRules } = JSON.parse(checkedRulesText(rules)) as { checkedRules: typeof rules }
    expect(checkedRules.policy?.map(({ at }) => at)).toEqual(['events/rules.yml:5', 'events/rules.yml:13'])
  })
})

describe('an override of windows', () => {
  test.for<[string, string | undefined, Asker, 'allow' | 'refuse', string]>([
    ['no policy', undefined, HTTP, 'refuse', 'an override needs a policy with `override: true`'],
    ['an entry that says so', 'allow: true, override: true', HTTP, 'allow', 'policy of r.yml:7 (one) allows it'],
    ['one that does not', 'allow: true', HTTP, 'refuse', 'policy of r.yml:7 (one) says no `override: true`'],
    ['one for others', 'who: { kind: alarm }, allow: true, override: true', HTTP, 'refuse', 'no entry of the policy'],
    ['one that denies', 'allow: false', HTTP, 'refuse', 'policy of r.yml:7 (one) does not allow'],
  ])('with %s', ([, fields, asker, expected, reason]) => {
    const policy = fields === undefined ? undefined : policyOf(entry(fields))
    expect(mayOverride(policy, asker, asked())).toMatchObject({
      ...{ guard: 'policy', says: expected, reason: expect.stringContaining(reason) },
    })
  })
})

describe('a budget', () => {
  const [limited, free] = policyOf(entry('allow: true, budget: [20 per 1d]'), entry('allow: true', 'two')) ?? []
  const of = (asker: Asker) => limited && budgetOf(limited, asker)?.of

  test('is that of the entry, and names it', () => {
    expect(limited && budgetOf(limited, HTTP)).toEqual({
      rule: 'one',
      of: expect.stringMatching(/^caller\/one\/[0-9a-f]{16}$/),
      entry: 'r.yml:7 (one)',
      atMost: [{ count: 20, windowMs: 86_400_000 }],
    })
    expect(free && budgetOf(free, HTTP)).toBeUndefined()
  })

  test('is shared by all sessions of a role, and by nobody else', () => {
    expect(of({ ...HTTP, caller: ROLE.replace('ann', 'bob') })).toBe(of(HTTP))
    const others: Asker[] = [HTTP, ALARM, TICKET, { ...ALARM, source: 'huawei' }, { ...HTTP, caller: 'iss#17' }]
    others.push({ ...HTTP, caller: ROLE.replace('operators', 'admins') })
    others.push({ ...HTTP, caller: 'arn:aws:iam::111122223333:user/ann' })
    others.push({ ...HTTP, caller: 'arn:aws:iam::111122223333:user/bob' })
    expect(new Set(others.map(of)).size).toBe(others.length)
  })

  test('of a source is that of all its rules', () => {
    expect(of({ ...ALARM, rule: 'other' })).toBe(of(ALARM))
  })
})

test.for<[string, string, string]>([
  [
    'a name twice',
    `${entry('allow: false')} }\n  - { ${entry('allow: true')}`,
    'r.yml:8: policy one: there is another entry of this name',
  ],
  ['no who', "name: one, operations: '*', resources: '*', allow: true", 'policy.0.who: '],
  ['no decision', entry('reason: why'), 'policy.0.allow: '],
  ['its own place', entry('allow: true, at: x'), 'policy.0.at: is not a known key'],
  ['another kind', entry('who: { kind: mail }, allow: true'), 'must be one of alarm, ticket, http, or a list of them'],
  ['no kind', entry('who: { kind: [] }, allow: true'), 'policy.0.who.kind: must have at least 1 item'],
  ['an unknown source', entry('who: { source: zabbix }, allow: true'), 'who.source: zabbix is not known; one of '],
  [
    'a source of another kind',
    entry('who: { kind: alarm, source: jira }, allow: true'),
    'who.source: jira is not known; one of cloudwatch, huawei, tencent, alertmanager, grafana',
  ],
  ['an unknown rule', entry('who: { rule: gone }, allow: true'), 'policy one: who.rule: there is no rule gone'],
  ['a rule of another kind', entry('who: { kind: alarm, rule: people }, allow: true'), 'there is no rule people'],
  ['a caller of an alarm', entry("who: { kind: alarm, caller: '*' }, allow: true"), 'only http has callers'],
  ['an unknown operation', entry('operations: dcs.insance.*, allow: true'), 'operations: dcs.insance.* is not known'],
  [
    'what deletes data, and no word of it',
    entry('operations: dcs.instance.flush, allow: true'),
    'operations: dcs.instance.flush deletes data; set allowDataLoss: true to allow that',
  ],
  [
    'a budget of what is denied',
    entry('allow: false, budget: [1 per 1d]'),
    'budget: says nothing where allow is false',
  ],
  ['an override of what is denied', entry('allow: false, override: true'), 'override: says nothing where'],
  ['data loss that is denied', entry('allow: false, allowDataLoss: true'), 'allowDataLoss: says nothing where'],
  ['a budget per resource', entry('allow: true, budget: [1 per 1d per rule]'), 'must be such as `20 per 1d`'],
  ['too large a budget', entry('allow: true, budget: [51 per 1d]'), 'must allow 1 to 50 runs in a window of 1m to 7d'],
  ['an empty budget', entry('allow: true, budget: []'), 'policy.0.budget: '],
])('a policy with %s is refused by line', ([, one, message]) => {
  expect(() => policyOf(one)).toThrow(`r.yml:7: `)
  expect(() => policyOf(one)).toThrow(message)
})

describe('entries that decide nothing', () => {
  test.for<[string, string, boolean]>([
    ['allow: false', 'allow: true', true],
    ['allow: true', 'allow: false', false], // what deletes data reaches it
    ['allow: true', 'allow: true', true],
    ['allow: true', 'allow: true, allowDataLoss: true', false],
    ['allow: true', 'operations: dcs.instance.restart, allow: false', true],
    ['allow: true, allowDataLoss: true', 'allow: false', true],
    ['operations: dcs.*, allow: false', 'operations: dcs.instance.*, allow: true', true],
    ['operations: dcs.instance.*, allow: false', 'operations: dcs.*, allow: true', false],
    ['who: { kind: alarm }, allow: false', 'allow: true', false],
    ['who: { kind: [alarm, ticket, http] }, allow: false', 'allow: true', true],
    ['who: { kind: alarm }, allow: false', 'who: { kind: alarm, source: cloudwatch }, allow: true', true],
    ['who: { source: cloudwatch }, allow: false', 'who: { kind: alarm }, allow: true', false],
    ["who: { caller: '*' }, allow: false", 'who: { kind: http }, allow: true', true],
    ['who: { kind: http }, allow: false', "who: { caller: '*' }, allow: true", true],
    ["who: { caller: 'arn:*' }, allow: false", 'who: { kind: http }, allow: true', false],
    ["who: { rule: '*' }, allow: false", 'who: { kind: http }, allow: true', false],
    ["who: { rule: '*' }, allow: false", 'who: { rule: people }, allow: true', true],
    ["who: { source: '*' }, allow: false", 'allow: true', true],
    [`resources: huawei/*, allow: false`, `resources: ${RESOURCE.toUpperCase()}, allow: true`, true],
    ['resources: huawei/*, allow: false', 'resources: [huawei/dcs/*, tencent/*], allow: true', false],
    ['resources: [huawei/*, tencent/*], allow: false', 'resources: [huawei/dcs/*, tencent/*], allow: true', true],
    ['resources: huawei/dcs/*, allow: false', "resources: 'huawei/*', allow: true", false],
    ["resources: 'h*/d*/*', allow: false", "resources: 'h*i/dcs/*', allow: true", true],
    ['accounts: default, allow: false', 'allow: true', false],
    ['accounts: default, allow: false', 'accounts: default, allow: true', true],
    ['regions: cn-*, allow: false', 'regions: cn-north-4, allow: true', true],
    ['regions: cn-north-4, allow: false', 'regions: cn-*, allow: true', false],
  ])('after %s, %s: %s', ([first, second, isUnreachable]) => {
    const policy = policyOf(entry(first, 'first'), entry(second, 'second')) ?? []
    const found = unreachableEntries(policy).map((one) => [one.entry.name, one.coveredBy.map(({ name }) => name)])
    expect(found).toEqual(isUnreachable ? [['second', ['first']]] : [])
  })

  test('may be covered by several, each for a kind or an operation', () => {
    const kinds = ['alarm', 'ticket', 'http'].map((kind) => entry(`who: { kind: ${kind} }, allow: false`, kind))
    const policy = policyOf(...kinds, entry('allow: true', 'last')) ?? []
    expect(unreachableEntries(policy)).toEqual([{ entry: policy[3], coveredBy: policy.slice(0, 3) }])
    const operations = policyOf(
      entry('operations: dcs.*, allow: false', 'dcs'),
      entry('operations: emr.*, allow: false', 'emr'),
      entry('allow: true', 'last'),
    )
    expect(unreachableEntries(operations ?? []).map((one) => one.entry.name)).toEqual(['last'])
  })
})
