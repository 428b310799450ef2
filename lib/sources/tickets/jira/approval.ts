import * as z from 'zod'
import { textOf } from '../../../basics/text-of.ts'
import { fieldOf } from '../../field-of.ts'
import type { FetchText } from '../../source.ts'
import type { Ticket } from '../../ticket.ts'
import { type Approval, type Change, ISSUE_KEY, type JiraRecord, readJiraRecord, UnreadableError } from './rest.ts'

/** What a rule may read beside fields of the issue: it tells of the event, and does not change any more. */
const OF_EVENT = /^(transition\.\w+|issue\.(key|id)|user\.accountId|webhookEvent|issue_event_type_name)$/

const FIELD = /^issue\.fields\.([\w-]+)(?:\.|$)/

/** Jira moves an issue because it was approved: either may be written down first. */
const SAME_MOMENT_MS = 60_000

/** By when it must have happened, as Jira itself has it. */
export interface Fresh {
  nowMs: number
  maxAgeMinutes: number
}

const Move = z.object({ id: z.string().optional(), to: z.string().min(1), toName: z.string() })
type Move = z.infer<typeof Move>

/**
 * Whether the issue was moved because somebody else approved it, and is still what was approved. Jira Service Management
 * sends no event of an approval, and who may move or edit an issue may not be who may approve it: so it is asked.
 * @param paths the fields that the rule reads
 * @param fresh how old the move and its approval may be
 * @returns why not; undefined where it was
 * @throws {UnreachableError} the sender may try again
 */
export async function jiraApprovalDenial(
  ticket: Ticket,
  paths: string[],
  fresh: Fresh,
  settings: { JIRA_URL?: string | undefined; JIRA_USER?: string | undefined; JIRA_TOKEN?: string | undefined },
  fetchText: FetchText,
): Promise<string | undefined> {
  const { JIRA_URL: url, JIRA_USER: user, JIRA_TOKEN: token } = settings
  if (!url || !user || !token) return 'its approval cannot be read back: set JIRA_URL, JIRA_USER and JIRA_TOKEN'
  // Of any other event, it is what the sender says, and no move.
  const isMove = ticket.event === 'transition'
  const move = isMove ? Move.safeParse(fieldOf(ticket.fields, 'transition')).data : undefined
  // An approval is good for one move. Of any other event there could be many.
  if (isMove && fieldOf(ticket.fields, 'transition.id') === undefined) return NOT_TOLD
  if (!move || !ISSUE_KEY.test(ticket.key)) return 'only a transition can be one that was approved'
  const unseen = paths.find((path) => !FIELD.test(path) && !OF_EVENT.test(path))
  if (unseen !== undefined) return `the rule reads ${unseen}, of which an approval says nothing`
  // Where it was moved to is seen to by itself.
  const fieldIds = [...new Set(paths.flatMap((path) => FIELD.exec(path)?.[1] ?? []))].filter((id) => id !== 'status')
  try {
    const record = await readJiraRecord({ url, user, token }, ticket.key, fieldIds, fetchText)
    return approvalObjection(ticket, move, paths, fieldIds, fresh, record)
  } catch (error) {
    if (error instanceof UnreadableError) return error.message
    throw error
  }
}

const NOT_TOLD =
  'which move it was is not told: approvals go with webhooks of Jira, not with automation or post functions'

function approvalObjection(
  ticket: Ticket,
  move: Move,
  paths: string[],
  fieldIds: string[],
  fresh: Fresh,
  { approvals, issue, changes }: JiraRecord,
): string | undefined {
  if (approvals.length === 0) return 'nobody was asked to approve it'
  if (approvals.some(({ finalDecision }) => finalDecision === 'pending')) return 'its approval is pending'
  // What was declined before was asked for again.
  const newestMs = Math.max(...approvals.map(({ createdDate }) => createdDate))
  const newest = approvals.filter(({ createdDate }) => createdDate === newestMs)
  const other = newest.find(({ finalDecision }) => finalDecision !== 'approved')
  if (other) return `its approval is ${textOf(other.finalDecision, 40)}`
  const approvedMs = newest[0]?.completedDate
  if (typeof approvedMs !== 'number') return 'when it was approved cannot be seen'
  return (
    peopleObjection(approversOf(newest), fieldIds, { issue, changes }) ??
    moveObjection(move, approvedMs, fresh, { issue, changes }) ??
    fieldObjection(ticket, paths, fieldIds, newestMs, { issue, changes })
  )
}

function approversOf(approvals: Approval[]): (string | undefined)[] {
  return approvals
    .flatMap(({ approvers }) => approvers)
    .flatMap(({ approver, approverDecision }) => (approverDecision === 'approved' ? [approver?.accountId] : []))
}

type Since = Omit<JiraRecord, 'approvals'>

/** Four eyes: whoever asked for it, ever counted as who did, changed that, or chose a field that counts, does not approve it. */
function peopleObjection(
  approvers: (string | undefined)[],
  fieldIds: string[],
  { issue, changes }: Since,
): string | undefined {
  const { reporter, creator } = issue.fields
  const handedOver = changes.filter((change) => touches(change, REPORTER))
  const were = handedOver.flatMap(({ items }) =>
    items.filter(({ field, fieldId }) => (fieldId ?? field) === REPORTER).flatMap(({ from, to }) => [from, to]),
  )
  const requesters = [reporter?.accountId, creator?.accountId, ...were].filter((id) => typeof id === 'string')
  if (requesters.length === 0) return 'who asked for it cannot be seen'
  if (approvers.length === 0 || approvers.includes(undefined)) return 'who approved it cannot be seen'
  if (requesters.some((id) => approvers.includes(id))) return 'who approved it had asked for it'
  const isTheirs = ({ author }: Change): boolean => !author || approvers.includes(author.accountId)
  if (handedOver.some(isTheirs)) return 'who approved it may have changed who asked for it'
  const chosen = fieldIds.find((id) => changes.some((change) => touches(change, id) && isTheirs(change)))
  return chosen && `who approved it may have been who chose ${chosen}`
}

const REPORTER = 'reporter'

/** It is where this move brought it, and the move is the first since it was approved: to be moved again, it is approved again. */
function moveObjection(
  move: Move,
  approvedMs: number,
  { nowMs, maxAgeMinutes }: Fresh,
  { issue, changes }: Since,
): string | undefined {
  const status = move.toName || move.to
  if (issue.fields.status.id !== move.to) return `it is not in ${status} any more`
  const first = changes.find(
    ({ created, items }) =>
      created >= approvedMs - SAME_MOMENT_MS && items.some(({ field, to }) => field === 'status' && to === move.to),
  )
  if (!first) return `it was not moved to ${status} since it was approved`
  if (first.id !== move.id) return `its approval was for another move to ${status}`
  // By Jira's own times: what a body says of its time, whoever sends it chose.
  const ageMs = nowMs - Math.min(first.created, approvedMs)
  const minutes = Math.round(ageMs / 60_000)
  return ageMs > maxAgeMinutes * 60_000
    ? `it was approved and moved ${minutes} min ago, and ${maxAgeMinutes} are the most`
    : undefined
}

/** What the rule reads is what they were asked to approve. */
function fieldObjection(
  ticket: Ticket,
  paths: string[],
  fieldIds: string[],
  askedMs: number,
  { issue, changes }: Since,
): string | undefined {
  const late = changes.filter(({ created }) => created >= askedMs)
  const changed = fieldIds.find((id) => late.some((change) => touches(change, id)))
  if (changed) return `${changed} was changed after its approval was asked for`
  const read = ['issue.id', 'issue.key', ...paths.filter((path) => FIELD.test(path))]
  const differing = read.find((path) => !isSame(fieldOf(ticket.fields, path), fieldOf({ issue }, path)))
  return differing && `${differing} is not what it was`
}

/** Of a field of the site's own, whose id is not said, nobody knows which it is. */
function touches({ items }: Change, id: string): boolean {
  return items.some(({ field, fieldId, fieldtype }) =>
    fieldId ? fieldId === id : field === id || fieldtype === 'custom',
  )
}

/** As rules read values: numbers by their text. What is no single value is never the same. */
function isSame(then: unknown, now: unknown): boolean {
  return isValue(then) && isValue(now) && String(then) === String(now)
}

function isValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
