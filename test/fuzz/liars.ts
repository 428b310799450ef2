import fc from 'fast-check'
import type { FetchText, WebhookRequest } from '../../lib/sources/source.ts'
import { decided, instant, jiraOf } from '../sources/tickets/jira/site.ts'
import { delivered } from '../sources/verify/schemes.ts'
import { createWorld } from '../world/world.ts'
import { attempt, type Case, packedAs, pick } from './case.ts'
import { type Answer, type Door, doorsAt } from './doors.ts'
import { anyEdit, type Edit, withEdits } from './edits.ts'
import { counted, type FuzzOptions, type FuzzReport, NOW_MS } from './fuzz.ts'
import { REGIONS, rulesFor, strayRun } from './rules.ts'

/**
 * Authentic senders who lie: one happening is told again and again, each time signed, and each time with something else in it
 * that does not tell one happening from another. There is one run of it, and none that its rule does not allow.
 */

/** Paths of what tells one happening from another: all else may differ. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  alertmanager: ['alerts.0.labels', 'alerts.0.startsAt', 'alerts.0.status'],
  grafana: ['alerts.0.labels', 'alerts.0.startsAt', 'alerts.0.status'],
  // SMN signs all of these, and nobody else can.
  huawei: ['message', 'message_id', 'subject', 'timestamp', 'topic_urn', 'type'],
  tencent: ['alarmStatus', 'alarmObjInfo', 'alarmPolicyInfo', 'firstOccurTime', 'recoverTime'],
  jira: ['issue.id', 'issue.fields.updated', 'changelog.id', 'comment.id', 'comment.updated', 'webhookEvent'],
  servicenow: ['sys_id', 'event', 'sys_mod_count'],
  pagerduty: ['event.id'],
  github: ['repository.id', 'issue.id', 'issue.updated_at', 'action', 'label.id', 'comment.id', 'comment.updated_at'],
  // Its id is signed, in a header.
  generic: [],
}

interface Lie {
  edits: Edit[]
  /** Put in as well, where there is room: what a rule does not allow to choose. */
  wider: object
  /** Instead of the move that was approved, to look like it. */
  forged: Forged
  /** Nothing of it is signed. */
  headers: Record<string, string>
  query: Record<string, string>
  packed: Case['packed']
  laterMs: number
}

interface Trial {
  door: number
  sample: number
  approval: boolean
  lies: Lie[]
  /** Before which of the lies the truth is told. */
  truthAt: number
}

const UNSIGNED_HEADERS = [
  ...['x-github-delivery', 'x-github-event', 'x-atlassian-webhook-identifier', 'x-request-id', 'x-event-key'],
  ...['x-smn-message-id', 'x-smn-message-type', 'content-type', 'user-agent', 'idempotency-key', 'x-forwarded-for'],
]
const WIDER = [
  ...[{ account: 'staging' }, { region: 'eu-west-101' }, { region: 'cn-north-1' }].map((target) => ({ target })),
  ...[{ strategy: { args: ['-x'] } }, { strategy: { rolling: false } }].map((params) => ({ params })),
  ...['dcs.instance.stop', 'emr.service.stop', 'dcs.*'].map((operation) => ({ operation })),
  { targets: [{ instanceId: '*' }] },
]

/** What moves look like that are none, or another's. */
const FORGED = {
  not: () => ({}),
  'by name': (id: string) => ({
    ...{ webhookEvent: 'jira:transition', changelog: undefined },
    transition: { id, to: '10102', toName: 'Approved' },
  }),
  'by a post function': (id: string) => ({
    ...{ webhookEvent: undefined, changelog: undefined },
    transition: { id, to: '10102', from_status: 'Awaiting approval', to_status: 'Approved' },
  }),
  'by another change': (id: string) => ({ changelog: { id: `${id}0`, items: MOVE }, transition: { id } }),
} as const
type Forged = keyof typeof FORGED
const MOVE = [{ field: 'status', from: '10101', fromString: 'Awaiting approval', to: '10102', toString: 'Approved' }]

const anyText = fc.string({ maxLength: 12 })

const anyLie: fc.Arbitrary<Lie> = fc.record({
  edits: fc.array(anyEdit, { maxLength: 3 }),
  wider: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, fc.constantFrom(...WIDER)),
  forged: fc.constantFrom('not', ...(Object.keys(FORGED) as Forged[])), // the names of what there is
  headers: fc.dictionary(fc.constantFrom(...UNSIGNED_HEADERS), anyText, { maxKeys: 2 }),
  query: fc.dictionary(fc.constantFrom('id', 'delivery', 'x'), anyText, { maxKeys: 1 }),
  packed: fc.constantFrom('not', 'not', 'gzip'),
  laterMs: fc.constantFrom(0, 1, 1_000, 240_000),
})

const anyTrial: fc.Arbitrary<Trial> = fc.record({
  door: fc.nat(999),
  sample: fc.nat(999),
  approval: fc.boolean(),
  lies: fc.array(anyLie, { minLength: 2, maxLength: 4 }),
  truthAt: fc.nat(4),
})

/** The truth, and at least two lies. */
const MIN_DELIVERIES = 3

const TRUTH: Lie = { edits: [], wider: {}, forged: 'not', headers: {}, query: {}, packed: 'not', laterMs: 0 }

/** @param runs deliveries, at least */
export async function fuzzLiars({ runs, seed, ...given }: FuzzOptions): Promise<FuzzReport> {
  const doors = doorsAt(NOW_MS, given.sources).filter(({ scheme }) => scheme)
  const rules = {
    plain: given.rules ?? (await rulesFor(doors, false, true)),
    approved: given.rules ?? (await rulesFor(doors, true, true)),
  }
  const report: FuzzReport = { tried: 0, answers: new Map(), slowest: { door: '', tookMs: 0 } }

  const brokenBy = async (trial: Trial): Promise<string[]> => {
    const door = pick(doors, trial.door)
    const sample = pick(door.samples, trial.sample)
    const isAsked = trial.approval && door.canBeAsked
    const world = createWorld()
    const deciding = { ports: world.ports, rules: isAsked ? rules.approved : rules.plain, regions: REGIONS }
    const fetchText = siteOf(sample)
    const failures: string[] = []
    for (const lie of trial.lies.toSpliced(trial.truthAt, 0, TRUTH)) {
      const delivery = deliveryOf(door, sample, lie, isAsked)
      if (!delivery) continue
      const answer = await door.receive(deciding, delivery, fetchText)
      counted(report, `${door.name}${isAsked ? ', approved' : ''}`, answer)
      failures.push(...failureOf(answer))
    }
    const all = [...world.runs.values()]
    const most = isAsked ? approvedIn(sample) : happeningsIn(sample)
    return [
      ...failures,
      ...(all.length > most ? [`${all.length} runs of ${most} ${isAsked ? 'approved' : 'happening'}`] : []),
      ...all.flatMap((run) => strayRun(run, door.source) ?? []).map((run) => `a run that no rule allows: ${run}`),
    ]
  }

  const property = fc.asyncProperty(anyTrial, async (trial) => {
    const broken = await brokenBy(trial)
    if (broken.length > 0) throw new Error(broken.join('\n'))
  })
  const numRuns = Math.ceil(runs / MIN_DELIVERIES)
  const details = await fc.check(property, { numRuns, seed, endOnFailure: given.endsAtFirst ?? false })
  if (!details.failed) return report
  const [smallest] = details.counterexample ?? []
  const broken = smallest ? await brokenBy(smallest) : []
  const made = smallest ? `${pick(doors, smallest.door).name}: ${JSON.stringify(smallest)}` : 'it is not known which'
  return { ...report, violation: { broken: broken.length > 0 ? broken : [String(details.errorInstance)], made } }
}

function failureOf({ status, error }: Answer): string[] {
  return status >= 500 ? [`answered ${status}: ${String(error)}`] : []
}

/** Signed by who may. @returns undefined where its sender could not even sign it */
function deliveryOf({ scheme, source }: Door, sample: string, lie: Lie, isAsked: boolean): WebhookRequest | undefined {
  const telling = TELLING[source]
  if (!scheme || !telling) throw new Error(`what tells one happening of ${source} from another is not said here`)
  // Where it is asked what was approved, all may be a lie.
  const mayDiffer = (path: string): boolean => isAsked || telling.every((one) => !isAlong(path, one))
  const begun = isAsked ? forgedOf(sample, lie.forged) : widened(sample, lie.wider)
  const text = withEdits(begun, lie.edits.filter(isOfTree), mayDiffer)
  const signed = attempt(() => delivered(scheme, text, { atMs: NOW_MS + lie.laterMs }))
  if (!signed) return undefined
  return packedAs(lie.packed, {
    ...signed,
    headers: { ...lie.headers, ...signed.headers },
    query: { ...lie.query, ...signed.query },
  })
}

/** Edits of the text alone could change anything. */
function isOfTree({ does }: Edit): boolean {
  return !['cut', 'insert', 'aim'].includes(does)
}

/** Whether the one is the other, lies in it, or holds it. */
function isAlong(path: string, other: string): boolean {
  return path === '' || path === other || path.startsWith(`${other}.`) || other.startsWith(`${path}.`)
}

function widened(sample: string, wider: object): string {
  const payload = JSON.parse(sample)
  if (typeof payload.data !== 'object') return sample
  for (const [key, value] of Object.entries(wider)) {
    const isHolder = typeof value === 'object' && !Array.isArray(value)
    payload.data[key] = isHolder ? { ...payload.data[key], ...value } : value
  }
  return JSON.stringify(payload)
}

function forgedOf(sample: string, forged: Forged): string {
  const payload = JSON.parse(sample)
  return JSON.stringify({ ...payload, ...FORGED[forged](payload.changelog?.id ?? '48213') })
}

function happeningsIn(sample: string): number {
  const { alerts } = JSON.parse(sample)
  return Array.isArray(alerts) ? Math.max(1, alerts.length) : 1
}

/** Of all samples, one tells of a move, which somebody approved. */
function approvedIn(sample: string): number {
  return JSON.parse(sample).changelog ? 1 : 0
}

/** Jira, where somebody else approved the move that the sample tells of, once. */
function siteOf(sample: string): FetchText {
  const { issue, changelog, user, timestamp } = JSON.parse(sample)
  if (!changelog) return async () => ({ status: 404, text: '' })
  const at = (agoMs: number): string => new Date(Number(timestamp) - agoMs).toISOString()
  const approval = {
    finalDecision: 'approved',
    approvers: [decided(user.accountId, 'approved')],
    createdDate: instant(at(900_000)),
    completedDate: instant(at(200)),
  }
  const moved = { id: changelog.id, author: user, created: at(50), items: changelog.items }
  const { fetchText } = jiraOf({ issue, approvals: [approval], changes: [moved] })
  return async (url, headers) =>
    url.pathname.includes(issue.key) ? await fetchText(url, headers) : { status: 404, text: '' }
}
