import * as z from 'zod'
import { jsonOf } from '../../../basics/json-of.ts'
import { TooLongError, UnreachableError } from '../../fetch-text.ts'
import { OptionalSetting } from '../../settings.ts'
import type { FetchText } from '../../source.ts'
import { Id } from '../id.ts'

/** Reads Jira's record of an approval. No address from a webhook is visited: the site is configured, the key is checked. */

/** Project keys begin with a letter, by Jira's default pattern. */
export const ISSUE_KEY = /^[A-Z][A-Z0-9_]{1,254}-\d{1,18}$/

/** Access to the site from which approvals are read: all of the variables, or none. */
export const JiraAccess = {
  JIRA_URL: OptionalSetting(
    z
      .url({ protocol: /^https$/, error: 'must be like https://example.atlassian.net' })
      .refine((url) => URL.parse(url)?.origin === url.replace(/\/$/, ''), 'must be like https://example.atlassian.net'),
  ).describe('Site from which approvals are read, e.g. `https://example.atlassian.net`'),
  JIRA_USER: OptionalSetting(z.string().regex(/^[^:\s]+$/, 'must be an e-mail address')).describe(
    'E-mail address of the account that reads them: an agent of the service project',
  ),
  JIRA_TOKEN: OptionalSetting(z.string().min(16, 'needs at least 16 characters')).describe('API token of that account'),
}

/** Another try would not help; the message says what to correct. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
}

const User = z.looseObject({ accountId: z.string().min(1) })

/** Source: https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/#api-rest-servicedeskapi-request-issueidorkey-approval-get */
const Instant = z.object({ epochMillis: z.number() }).transform(({ epochMillis }) => epochMillis)
const Approval = z.object({
  finalDecision: z.string(),
  approvers: z.array(z.object({ approver: User.nullish().catch(undefined), approverDecision: z.string() })),
  createdDate: Instant,
  completedDate: Instant.nullish(),
})
export type Approval = z.infer<typeof Approval>
const Approvals = z.object({ isLastPage: z.boolean(), values: z.array(Approval) })

/** Source: https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-issueidorkey-get */
const Issue = z.object({
  id: Id,
  key: z.string(),
  fields: z.looseObject({ status: z.looseObject({ id: Id }), reporter: User.nullish(), creator: User.nullish() }),
})
export type Issue = z.infer<typeof Issue>

/** Source: https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-issueidorkey-changelog-get */
const Change = z.object({
  id: Id,
  author: User.nullish().catch(undefined),
  /** Epoch ms. */
  created: z.string().transform(Date.parse).pipe(z.number()),
  items: z.array(
    z.object({
      field: z.string(),
      fieldId: z.string().nullish(),
      fieldtype: z.string().nullish(),
      from: z.string().nullish(),
      to: z.string().nullish(),
    }),
  ),
})
export type Change = z.infer<typeof Change>
const Changes = z.object({ isLast: z.boolean(), values: z.array(Change) })

/** The approvals of an issue, the issue as it is now, and its history. */
export interface JiraRecord {
  approvals: Approval[]
  issue: Issue
  /** All changes, oldest first. */
  changes: Change[]
}

/** Reads one resource of Jira. */
type ReadJira = <Schema extends z.ZodType>(path: string, schema: Schema) => Promise<z.output<Schema>>

interface JiraSite {
  url: string
  user: string
  token: string
  fetchText: FetchText
}

/**
 * @param key must match {@link ISSUE_KEY}
 * @param fieldIds fields to read beside status, reporter and creator
 * @throws {UnreadableError}
 * @throws {UnreachableError} the sender may try again
 */
export async function readJiraRecord(site: JiraSite, key: string, fieldIds: string[]): Promise<JiraRecord> {
  const read = jiraReader(site)
  const fields = [...new Set(['status', 'reporter', 'creator', ...fieldIds])].join(',')
  const [approvals, issue, changes] = await Promise.all([
    read(`/rest/servicedeskapi/request/${key}/approval?limit=50`, Approvals),
    // Version 2, like webhooks: version 3 has texts in another form, which would never be equal.
    read(`/rest/api/2/issue/${key}?fields=${fields}`, Issue),
    readChanges(read, key),
  ])
  if (!approvals.isLastPage) throw unreadable('the issue has more than 50 approvals')
  return { approvals: approvals.values, issue, changes }
}

/** Changes per page (Jira's maximum), and pages; a ticket for one operation has far fewer. */
const PAGE = 100
const MAX_PAGES = 5

/** Reads the changelog resource: `expand=changelog` of the issue returns the last 40 changes only. */
async function readChanges(read: ReadJira, key: string): Promise<Change[]> {
  const changes: Change[] = []
  for (let page = 0; page < MAX_PAGES; page++) {
    const { isLast, values } = await read(
      `/rest/api/2/issue/${key}/changelog?startAt=${changes.length}&maxResults=${PAGE}`,
      Changes,
    )
    changes.push(...values)
    // Documented as oldest first; sorted anyway, because the decision depends on it.
    if (isLast) return changes.toSorted((a, b) => a.created - b.created)
  }
  throw unreadable(`the issue has more than ${PAGE * MAX_PAGES} changes`)
}

/** Causes, by status. */
const CAUSES: Readonly<Record<number, string>> = {
  401: 'JIRA_USER and JIRA_TOKEN are not accepted',
  403: 'JIRA_USER may not see the request and its approvals',
  404: 'JIRA_USER sees no such request with approvals',
}

function unreadable(reason: string): UnreadableError {
  return new UnreadableError(`the approval cannot be read from Jira: ${reason}`)
}

function jiraReader({ url, user, token, fetchText }: JiraSite): ReadJira {
  const authorization = `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`
  return async (path, schema) => {
    const answer = fetchText(new URL(path, url), { accept: 'application/json', authorization })
    const { status, text } = await answer.catch((error) => {
      if (error instanceof TooLongError) throw unreadable('the answer is too long')
      throw error
    })
    if (status === 429 || status >= 500) throw new UnreachableError(`Jira answered ${status}`)
    if (status !== 200) throw unreadable(CAUSES[status] ?? `Jira answered ${status}`)
    const parsed = schema.safeParse(jsonOf(text))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw unreadable(`the answer is not in the documented form (${issue?.path.join('.') || 'body'})`)
  }
}
