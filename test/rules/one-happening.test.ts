import { beforeEach, describe, expect, test } from 'vitest'
import { movedToNow } from '../../lib/local/send/shift-times.ts'
import { decidingBy } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { receiveWebhook, type WebhookContext } from '../../lib/sources/receive.ts'
import { type Sample, sampleOf } from '../sources/sample.ts'
import { delivered, SCHEMES, type Scheme, sourceOf } from '../sources/verify/schemes.ts'
import { createWorld, type World } from '../world/world.ts'

/**
 * Authentic senders that lie: a field that a sender can vary without changing the event starts no second run. A field that
 * identifies the event does.
 */

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
/** Without effective limits, so that only the dedupe key counts. */
const RULES = parseRules(
  `
defaults: { cooldown: 0m, limits: [50 per 1m], settle: 0m }
rules: [{ name: any-alarm, when: { alarm: '*' }, run: dcs.instance.swap, target: { instanceId: ${CACHE} }, collision: queue, maxAgeMinutes: 2880 }]
tickets: [{ name: any-ticket, when: { source: '*', event: '*' }, run: dcs.instance.swap, target: { instanceId: ${CACHE} }, maxAgeMinutes: 2880 }]
`,
  'r.yml',
)

type Change = (sample: Sample) => unknown

interface Case {
  source: string
  name: string
  /** One of the source's schemes; the first by default. */
  by?: string
  same: Record<string, Change>
  other: Record<string, Change>
}

const inMessage =
  (change: Change): Change =>
  (sample) => {
    const message = JSON.parse(sample.message)
    change(message)
    sample.message = JSON.stringify(message)
  }

const inAlert =
  (change: Change): Change =>
  ({ alerts }) =>
    change(alerts[0])
const group: Pick<Case, 'same' | 'other'> = {
  same: {
    'the group key': (sample) => Object.assign(sample, { groupKey: 'another' }),
    'the receiver': (sample) => Object.assign(sample, { receiver: 'another' }),
    'an annotation': inAlert((alert) => Object.assign(alert, { annotations: { summary: 'x' } })),
    'the fingerprint, which is of the labels': inAlert((alert) => Object.assign(alert, { fingerprint: 'ffff' })),
    'the end that is foreseen': inAlert((alert) => Object.assign(alert, { endsAt: '2026-01-01T01:00:00Z' })),
    'the link': inAlert((alert) => Object.assign(alert, { generatorURL: 'https://x.example' })),
  },
  other: {
    'its begin': inAlert((alert) => Object.assign(alert, { startsAt: new Date(Date.parse(alert.startsAt) - 1_000) })),
    'a label': inAlert((alert) => Object.assign(alert.labels, { instance: 'another' })),
  },
}

const CASES: Case[] = [
  { source: 'alertmanager', name: 'repeated', ...group },
  { source: 'grafana', name: 'redis-latency', ...group },
  {
    source: 'jira',
    name: 'approved-flush',
    same: {
      'the time of the body, by a millisecond': (sample) => Object.assign(sample, { timestamp: sample.timestamp + 1 }),
      'the time of the body, by an hour': (sample) =>
        Object.assign(sample, { timestamp: sample.timestamp - 3_600_000 }),
      'no time at all': (sample) => delete sample.timestamp,
      'a comment': (sample) => Object.assign(sample, { comment: { id: '77', body: 'x' } }),
      'who did it': (sample) => Object.assign(sample, { user: { accountId: 'another' } }),
      'the name of the event': (sample) => delete sample.webhookEvent,
      'when the issue was updated': ({ issue }) =>
        Object.assign(issue.fields, { updated: '2026-01-01T00:00:00.000+0000' }),
      'its summary': ({ issue }) => Object.assign(issue.fields, { summary: 'x' }),
    },
    other: {
      'the change': ({ changelog }) => Object.assign(changelog, { id: '48214' }),
      'the issue': ({ issue }) => Object.assign(issue, { id: '20418' }),
    },
  },
  {
    source: 'jira',
    name: 'automation',
    by: 'secret header of automation',
    same: { 'the time of the body': (sample) => Object.assign(sample, { timestamp: Date.now() }) },
    other: { 'the issue': ({ issue }) => Object.assign(issue, { id: '1' }) },
  },
  {
    source: 'servicenow',
    name: 'change-approved',
    by: 'bearer token',
    same: {
      'when it was updated': (sample) => Object.assign(sample, { sys_updated_on: '2026-01-01 00:00:00' }),
      'how the count is written': (sample) => Object.assign(sample, { sys_mod_count: Number(sample.sys_mod_count) }),
      'its description': (sample) => Object.assign(sample, { short_description: 'x' }),
      'who asked': (sample) => Object.assign(sample, { requested_by: 'x' }),
      'its number': (sample) => Object.assign(sample, { number: 'CHG1' }),
      'a field': ({ fields }) => Object.assign(fields, { more: 'x' }),
    },
    other: {
      'the count': (sample) => Object.assign(sample, { sys_mod_count: '99' }),
      'the ticket': (sample) => Object.assign(sample, { sys_id: '0'.repeat(32) }),
    },
  },
  {
    source: 'pagerduty',
    name: 'workflow-started',
    same: {
      'when it happened': ({ event }) => Object.assign(event, { occurred_at: '2026-01-01T00:00:00.000Z' }),
      'who did it': ({ event }) => Object.assign(event, { agent: null }),
      'its client': ({ event }) => Object.assign(event, { client: { name: 'x' } }),
    },
    other: { 'the event': ({ event }) => Object.assign(event, { id: 'another' }) },
  },
  {
    source: 'github',
    name: 'labeled-restart',
    same: {
      'its title': ({ issue }) => Object.assign(issue, { title: 'x' }),
      'who did it': (sample) => Object.assign(sample, { sender: { login: 'x' } }),
      'the name of the repository': ({ repository }) => Object.assign(repository, { full_name: 'other/name' }),
      'how the time is written': ({ issue }) =>
        Object.assign(issue, { updated_at: new Date(issue.updated_at).toISOString().replace('Z', '+00:00') }),
    },
    other: {
      'the label': ({ label }) => Object.assign(label, { id: 1 }),
      'the issue': ({ issue }) => Object.assign(issue, { id: 1 }),
    },
  },
  {
    source: 'generic',
    name: 'ticket-approved',
    same: {
      'its time': (sample) => Object.assign(sample, { timestamp: '2026-01-01T00:00:00Z' }),
      'its type': (sample) => Object.assign(sample, { type: 'another' }),
      'its data': ({ data }) => Object.assign(data, { more: 'x' }),
    },
    other: {},
  },
  {
    source: 'huawei',
    name: 'alarm',
    same: {
      'the id of the message, which is told again': (sample) => Object.assign(sample, { message_id: '0'.repeat(32) }),
      'its subject': (sample) => Object.assign(sample, { subject: 'x' }),
      'its text': inMessage((message) => Object.assign(message, { sms_content: 'x' })),
      'its values': inMessage((message) => Object.assign(message, { alarmValue: [] })),
    },
    other: {
      'its time': inMessage((message) => Object.assign(message, { time: message.time - 1_000 })),
      'the rule': inMessage((message) => Object.assign(message, { alarm_id: 'al0000000000000000000000' })),
    },
  },
  {
    source: 'tencent',
    name: 'hdfs-datanode-down',
    same: {
      'the session': (sample) => Object.assign(sample, { sessionId: 'another' }),
      'how long it lasts': (sample) => Object.assign(sample, { durationTime: 600 }),
      'its value': ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo.conditions, { currentValue: '7' }),
    },
    other: {
      'the policy': ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo, { policyId: 'policy-other000' }),
    },
  },
]

let world: World
beforeEach(() => {
  world = createWorld()
})

const schemeOf = ({ source, by }: Case): Scheme => {
  const found = SCHEMES.find((scheme) => scheme.source === source && (by === undefined || scheme.by === by))
  return found ?? expect.unreachable(source)
}

/** How many runs there are when a sample was sent as it is, and then changed. */
async function runsOf(one: Case, change: Change): Promise<number> {
  const scheme = schemeOf(one)
  const context: WebhookContext = {
    ...decidingBy({ ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }),
    settings: async () => scheme.configured(scheme.secrets),
    fetchText: async () => ({ status: 404, text: '' }),
  }
  const source = sourceOf(scheme)
  const zone = source.zone?.(source.settings.parse(scheme.configured(scheme.secrets)))
  const { text } = movedToNow(JSON.stringify(sampleOf(one.source, one.name)), world.now(), zone)
  const changed = JSON.parse(text)
  change(changed)
  for (const body of [text, JSON.stringify(changed)]) {
    await receiveWebhook(context, source, delivered(scheme, body, { atMs: world.now() }))
  }
  return world.runs.size
}

describe.for(CASES)('$source: $name', (one) => {
  test.for(Object.entries(one.same))('another %s is the same happening', async ([, change]) => {
    expect(await runsOf(one, change)).toBe(1)
  })

  test.for(Object.entries(one.other))('another %s is another happening', async ([, change]) => {
    expect(await runsOf(one, change)).toBe(2)
  })
})

test('each source has its case', () => {
  expect(new Set(CASES.map(({ source }) => source))).toEqual(new Set(SCHEMES.map(({ source }) => source)))
})
