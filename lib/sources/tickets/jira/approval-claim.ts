import { textOf } from '../../../basics/text-of.ts'
import { fieldOf } from '../../field-of.ts'
import type { ApprovalQuestion } from '../../source.ts'
import type { Approval, Change, JiraRecord } from './rest.ts'

/** A path to a field of an issue; the first group is the field's id. */
export const ISSUE_FIELD = /^issue\.fields\.([\w-]+)(?:\.|$)/

/** Jira moves an issue because it was approved; either of the two may be recorded first. */
const SAME_MOMENT_MS = 60_000

/** A move whose approval is to be checked. */
export interface ApprovalClaim extends ApprovalQuestion {
  move: { id?: string | undefined; to: string; toName: string }
  /** Ids of the issue fields that the rule reads, without the status. */
  fieldIds: string[]
}

/** The issue and its history, for an approval that is found. */
interface Approved extends Pick<JiraRecord, 'issue' | 'changes'> {
  approvers: (string | undefined)[]
  /** Epoch ms. */
  requestedMs: number
  /** Epoch ms. */
  approvedMs: number
}

/** Compares a claim with what Jira has on record. @returns the reason for a denial; undefined if it is approved */
export function claimDenial(claim: ApprovalClaim, { approvals, issue, changes }: JiraRecord): string | undefined {
  if (approvals.length === 0) return 'nobody was asked to approve it'
  if (approvals.some(({ finalDecision }) => finalDecision === 'pending')) return 'the approval is pending'
  // An older decision was replaced by a new request for approval.
  const requestedMs = Math.max(...approvals.map(({ createdDate }) => createdDate))
  const newest = approvals.filter(({ createdDate }) => createdDate === requestedMs)
  const other = newest.find(({ finalDecision }) => finalDecision !== 'approved')
  if (other) return `the approval is ${textOf(other.finalDecision, 40)}`
  const approvedMs = newest[0]?.completedDate
  if (typeof approvedMs !== 'number') return 'Jira does not say when it was approved'
  const approved: Approved = { approvers: approversOf(newest), requestedMs, approvedMs, issue, changes }
  return peopleDenial(claim, approved) ?? moveDenial(claim, approved) ?? fieldDenial(claim, approved)
}

function approversOf(approvals: Approval[]): (string | undefined)[] {
  return approvals
    .flatMap(({ approvers }) => approvers)
    .flatMap(({ approver, approverDecision }) => (approverDecision === 'approved' ? [approver?.accountId] : []))
}

const REPORTER = 'reporter'

/** Four eyes: no approver may ever have been the requester, or have changed the requester or a field that the rule reads. */
function peopleDenial({ fieldIds }: ApprovalClaim, { approvers, issue, changes }: Approved): string | undefined {
  const { reporter, creator } = issue.fields
  const handovers = changes.filter((change) => mayChange(change, REPORTER))
  const formerReporters = handovers.flatMap(({ items }) =>
    items.filter(({ field, fieldId }) => (fieldId ?? field) === REPORTER).flatMap(({ from, to }) => [from, to]),
  )
  const requesters = [reporter?.accountId, creator?.accountId, ...formerReporters].filter(
    (id) => typeof id === 'string',
  )
  if (requesters.length === 0) return 'Jira does not say who requested it'
  if (approvers.length === 0 || approvers.includes(undefined)) return 'Jira does not say who approved it'
  if (requesters.some((id) => approvers.includes(id))) return 'an approver also requested it'
  const mayBeApprovers = ({ author }: Change): boolean => !author || approvers.includes(author.accountId)
  if (handovers.some(mayBeApprovers)) return 'an approver may have changed the reporter'
  const chosen = fieldIds.find((id) => changes.some((change) => mayChange(change, id) && mayBeApprovers(change)))
  return chosen && `an approver may have set ${chosen}`
}

/** The issue must still be where this move brought it, and the move must be the first since the approval. */
function moveDenial(claim: ApprovalClaim, { approvedMs, issue, changes }: Approved): string | undefined {
  const { move, nowMs, maxAgeMinutes } = claim
  const status = move.toName || move.to
  if (issue.fields.status.id !== move.to) return `the issue is no longer in ${status}`
  const first = changes.find(
    ({ created, items }) =>
      created >= approvedMs - SAME_MOMENT_MS && items.some(({ field, to }) => field === 'status' && to === move.to),
  )
  if (!first) return `the issue was not moved to ${status} after its approval`
  if (first.id !== move.id) return `the approval was for another move to ${status}`
  // By Jira's own times: the sender of a body chooses the times in it.
  const ageMs = nowMs - Math.min(first.created, approvedMs)
  const minutes = Math.round(ageMs / 60_000)
  return ageMs > maxAgeMinutes * 60_000
    ? `it was approved and moved ${minutes} min ago; the limit is ${maxAgeMinutes} min`
    : undefined
}

/** The fields that the rule reads must have the values that were shown to the approvers. */
function fieldDenial({ ticket, paths, fieldIds }: ApprovalClaim, approved: Approved): string | undefined {
  const { requestedMs, issue, changes } = approved
  const later = changes.filter(({ created }) => created >= requestedMs)
  const changed = fieldIds.find((id) => later.some((change) => mayChange(change, id)))
  if (changed) return `${changed} was changed after the approval was requested`
  const read = ['issue.id', 'issue.key', ...paths.filter((path) => ISSUE_FIELD.test(path))]
  const differing = read.find((path) => !isSameValue(fieldOf(ticket.fields, path), fieldOf({ issue }, path)))
  return differing && `${differing} differs from the value in Jira`
}

/** A change of a custom field without an id may be a change of any custom field. */
function mayChange({ items }: Change, id: string): boolean {
  return items.some(({ field, fieldId, fieldtype }) =>
    fieldId ? fieldId === id : field === id || fieldtype === 'custom',
  )
}

/** Compares values as rules read them: numbers by their text. Lists and objects are never the same. */
function isSameValue(before: unknown, now: unknown): boolean {
  return isScalar(before) && isScalar(now) && String(before) === String(now)
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
