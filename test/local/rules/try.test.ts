import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bytesOf } from '../../sources/sample.ts'
import { ran } from './console.ts'

const SAMPLE_RULES = ['--rules', 'events/sample-rules.yml']
const ROOT = join(import.meta.dirname, '../../..')

const folder = mkdtempSync(join(tmpdir(), 'steadyhand-try-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Tries an event by the rules of the samples. */
const tried = async (...args: string[]) => {
  const { code, out, err } = await ran(['try', ...args, ...SAMPLE_RULES, '--json'])
  return { code, err, items: out === '' ? [] : JSON.parse(out).items }
}

test('it shows the event as read, the rule, the run, and why not the others', async () => {
  const rules = join(folder, 'shown.yml')
  writeFileSync(
    rules,
    `rules:
  - { name: swap, when: { source: cloudwatch, alarm: redis-*-latency }, run: dcs.instance.swap, target: { instanceId: { tag: id } } }
  - name: restart
    when: { source: cloudwatch, alarm: redis-* }
    run: dcs.instance.restart
    target: { instanceId: { dimension: dcs_instance_id } }
    params: { cancelBackup: true }
    anyTarget: true
`,
  )
  const { code, out } = await ran(['try', 'events/cloudwatch/redis-unresponsive.json', '--rules', rules])
  expect(code).toBe(0)
  expect(out.replace(rules, 'own.yml')).toMatchInlineSnapshot(`
    "events/cloudwatch/redis-unresponsive.json of cloudwatch, by own.yml

    alarm       redis-orders-unresponsive
    status      firing
    time        2026-11-20T03:12:07.344Z
    account     111122223333
    region      eu-west-1
    resource    2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef
    dimensions  dcs_instance_id=2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef
    rule        restart
    answer      would start a run
    run         dcs.instance.restart of huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef
    target      {"region":"cn-north-4","instanceId":"2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef"}
    params      {"cancelBackup":true}
    collision   skip
    limits      cooldown 30m, 2 per 1h per resource, 5 per 24h per resource
    the other rules:
      swap  alarm is redis-orders-unresponsive, not redis-*-latency
    note: its age does not count here: it is 15648 min old; at most 30 min are allowed
    not checked here: a run of ours that raised it; a run that has answered it; runs that use up the limits; other runs on the resource
    "
  `)
})

test('a ticket that needs an approval says that nobody was asked', async () => {
  const file = join(folder, 'approval.yml')
  writeFileSync(
    file,
    `lists: { caches: { catalog-cache: 9c47de18-60fb-4f3e-8a25-7b90cd13e642 } }
tickets:
  - name: flush
    when: { source: jira, event: transition }
    run: dcs.instance.flush
    target: { instanceId: { field: issue.fields.customfield_10050.value, in: caches } }
    approval: required
    allowDataLoss: true
    limits: [1 per 1h]
`,
  )
  const { code, out } = await ran(['try', 'jira/approved-flush', '--rules', file])
  expect(code).toBe(0)
  expect(out).toContain(
    'not checked here: the approval of the ticket; runs that use up the limits; other runs on the resource\n',
  )
  expect(out).toContain('\nlimits     1 per 1h per resource\n')
})

describe('an event starts', () => {
  test.for([
    ['a run', 'cloudwatch/redis-unresponsive', 0, 'run', undefined],
    ['a run that was asked for directly', 'generic/flush-requested', 0, 'run', undefined],
    ['nothing, where it is resolved', 'cloudwatch/ok', 3, 'ignored', 'it is resolved: nothing to do'],
    ['nothing, where no rule fits', 'huawei/switchover', 3, 'ignored', 'no rule fits'],
    ['nothing, where its source ignores it', 'github/ping', 3, 'ignored', 'it is a test'],
  ] as const)('%s', async ([, event, code, result, reason]) => {
    const found = await tried(event)
    expect([found.code, found.items[0].result, found.items[0].reason]).toEqual([code, result, reason])
  })

  test('nothing, where a rule refuses its target', async () => {
    const rules = join(folder, 'other.yml')
    writeFileSync(
      rules,
      `rules: [{ name: a, when: { alarm: '*' }, run: dcs.instance.swap, target: { instanceId: { dimension: dcs_instance_id, in: [${'9c47de18-60fb-4f3e-8a25-7b90cd13e642'}] } } }]`,
    )
    const { code, out } = await ran(['try', 'cloudwatch/redis-unresponsive', '--rules', rules])
    expect(code).toBe(3)
    expect(out).toContain('answer      no run, and people are notified: dimension dcs_instance_id is "2e803f66-')
  })

  test('nothing, where no rule of `requests` allows it', async () => {
    const rules = join(folder, 'requests.yml')
    writeFileSync(rules, `requests: [{ name: desk, when: { source: generic }, run: emr.*, resources: '*' }]`)
    const { code, out } = await ran(['try', 'generic/flush-requested', '--rules', rules, '--json'])
    const [item] = JSON.parse(out).items
    expect([code, item.result, item.others]).toEqual([
      ...[3, 'refused'],
      [
        {
          rule: 'desk',
          why: expect.stringMatching(/^no rule of `requests` allows generic to ask for dcs.instance.flush/),
        },
      ],
    ])
  })
})

test('another rule that fits comes after the one that decides', async () => {
  const rules = join(folder, 'two.yml')
  const rule = (name: string) =>
    `{ name: ${name}, when: { alarm: '*' }, run: dcs.instance.swap, target: { instanceId: { dimension: dcs_instance_id } } }`
  writeFileSync(rules, `rules: [${rule('first')}, ${rule('second')}]`)
  const { out } = await ran(['try', 'cloudwatch/redis-unresponsive', '--rules', rules])
  expect(out).toContain('\n  second  fits as well, and comes after the one that decides\n')
})

describe('the age of an event', () => {
  test('does not count, and is named', async () => {
    const { out } = await ran(['try', 'cloudwatch/redis-unresponsive', ...SAMPLE_RULES])
    expect(out).toContain('note: its age does not count here: it is 15648 min old; at most 30 min are allowed\n')
  })

  test.for([
    ['2026-11-20T03:20:00Z', 0, 'run', 'allow'],
    ['2026-11-20T11:42:00+08:00', 0, 'run', 'allow'],
    ['2026-11-20T04:00:00Z', 3, 'refused', 'refuse'],
    ['2026-11-20T03:00:00Z', 3, 'refused', 'refuse'],
  ] as const)('counts at the time that is given: %s', async ([now, code, result, says]) => {
    const found = await tried('cloudwatch/redis-unresponsive', '--now', now)
    const [{ result: actual, verdicts, late }] = found.items
    expect([found.code, actual, verdicts, late]).toEqual([
      ...[code, result],
      [{ guard: 'age', says, reason: expect.any(String) }],
      undefined,
    ])
  })

  test('counts for the source, too', async () => {
    const { items } = await tried('github/labeled-restart', '--now', '2026-11-23T00:00:00Z')
    expect(items).toMatchObject([{ result: 'ignored', reason: 'older than a day' }])
  })
})

describe('the source of an event is', () => {
  const text = bytesOf('grafana', 'redis-latency').toString()

  test('its folder', async () => {
    mkdirSync(join(folder, 'grafana'))
    copyFileSync(join(ROOT, 'events/grafana/redis-latency.json'), join(folder, 'grafana/mine.json'))
    expect((await tried(join(folder, 'grafana/mine.json'))).items).toMatchObject([{ rule: 'swap-slow-redis' }])
  })

  test('the one that is named, for a file and for the input', async () => {
    writeFileSync(join(folder, 'mine.json'), text)
    expect(await tried(join(folder, 'mine.json'), '--source', 'grafana')).toMatchObject({ code: 0 })
    const { code, out } = await ran(['try', '-', '--source', 'grafana', ...SAMPLE_RULES], { input: text })
    expect([code, out.split('\n')[0]]).toEqual([0, '- of grafana, by events/sample-rules.yml'])
  })

  test.for([
    [
      'not known from another folder',
      ['package.json'],
      2,
      /^package.json: its folder does not say who sends it: --source takes one of cloudwatch, /,
    ],
    ['not known from the input', ['-'], 2, /^the input has no folder that says who sends it: /],
    ['not any name', ['-', '--source', 'nagios'], 2, /^--source takes one of .*, not "nagios"\n/],
    ['not found in a file that is not there', ['x.json', '--source', 'jira'], 1, /^x.json: cannot be read: ENOENT\n$/],
    ['not found in a sample that is not there', ['jira/aproved'], 1, /^no single sample is called "jira\/aproved"/],
  ] as const)('%s', async ([, args, code, err]) => {
    expect(await tried(...args)).toEqual({ code, items: [], err: expect.stringMatching(err) })
  })
})

test('several events of one file are tried each', async () => {
  const events = ['redis-unresponsive', 'ok'].map((name) => JSON.parse(bytesOf('cloudwatch', name).toString()))
  const { code, out } = await ran(['try', '-', '--source', 'cloudwatch', ...SAMPLE_RULES], {
    input: JSON.stringify(events),
  })
  expect([code, out.match(/^answer .*$/gm)]).toEqual([
    0,
    ['answer      would start a run', 'answer      no run: it is resolved: nothing to do'],
  ])
})

test('what the event says moves no cursor', async () => {
  const [alert] = JSON.parse(bytesOf('alertmanager', 'redis-down').toString()).alerts
  const payload = { version: '4', alerts: [{ ...alert, labels: { ...alert.labels, alertname: 'a\u001b[2Jb' } }] }
  const { out } = await ran(['try', '-', '--source', 'alertmanager', ...SAMPLE_RULES], {
    input: JSON.stringify(payload),
  })
  expect(out).toContain('a\\u001b[2Jb')
  expect(out).not.toContain('\u001b')
})

test.for([
  ['{"a": 1, "a": 2}', 'generic', /a/],
  ['{"type": 5}', 'generic', /^type: /],
  ['no JSON', 'jira', /JSON/],
] as const)('%s of %s is an error', async ([input, source, err]) => {
  expect(await ran(['try', '-', '--source', source], { input })).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(err),
  })
})
