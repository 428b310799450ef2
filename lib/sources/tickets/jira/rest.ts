import * as z from 'zod'
import { jsonOf } from '../../../basics/json-of.ts'
import { TooLongError, UnreachableError } from '../../fetch-text.ts'
import { OptionalSetting } from '../../settings.ts'
import type { FetchText } from '../../source.ts'
import { Id } from '../id.ts'

/** Reads of Jira, for an approval. No address of a webhook is ever visited: the site is configured, the key is checked. */

/** Project keys begin with a letter, by Jira's default pattern. */
export const ISSUE_KEY = /^[A-Z][A-Z0-9_]{1,254}-\d{1,18}$/

/** Where approvals are read back; together, or not at all. */
export const JiraAccess = {
  JIRA_URL: OptionalSetting(
    z
      .url({ protocol: /^https$/, error: 'must be like https://example.atlassian.net' })
      .refine((url) => URL.parse(url)?.origin === url.replace(/\/$/, ''), 'must be like https://example.atlassian.net'),
  ).describe('Site whose approvals are read back, e.g. `https://example.atlassian.net`'),
  JIRA_USER: OptionalSetting(z.string().regex(/^[^:\s]+$/, 'must be an e-mail address')).describe(
    'E-mail address of the account that reads them: an agent of the service project',
  ),
  JIRA_TOKEN: OptionalSetting(z.string().min(16, 'needs at least 16 characters')).describe('API token of that account'),
}

/** What cannot be read will not be read by trying again: says what is to be mended. */
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

/** What was asked, of whom, and what became of the issue since. */
export interface JiraRecord {
  approvals: Approval[]
  issue: Issue
  /** From the oldest; all of them. */
  changes: Change[]
}

/** Asks Jira one question. */
type Ask = <Schema extends z.ZodType>(path: string, schema: Schema) => Promise<z.output<Schema>>

/**
 * @param key checked against {@link ISSUE_KEY}
 * @param fieldIds the fields that count
 * @throws {UnreadableError}
 * @throws {UnreachableError} the sender may try again
 */
export async function readJiraRecord(
  access: { url: string; user: string; token: string },
  key: string,
  fieldIds: string[],
  fetchText: FetchText,
): Promise<JiraRecord> {
  const ask = asking(access, fetchText)
  const fields = [...new Set(['status', 'reporter', 'creator', ...fieldIds])].join(',')
  const [approvals, issue, changes] = await Promise.all([
    ask(`/rest/servicedeskapi/request/${key}/approval?limit=50`, Approvals),
    // Version 2, as webhooks are: version 3 has longer texts in another form, and they would never be the same.
    ask(`/rest/api/2/issue/${key}?fields=${fields}`, Issue),
    readChanges(ask, key),
  ])
  if (!approvals.isLastPage) throw new UnreadableError('its approval cannot be read back: it was asked for too often')
  return { approvals: approvals.values, issue, changes }
}

/** The most that one page has; and pages enough for a ticket of one change. */
const PAGE = 100
const MAX_PAGES = 5

/** Not `expand=changelog` of the issue: that has the last 40 changes only. */
async function readChanges(ask: Ask, key: string): Promise<Change[]> {
  const changes: Change[] = []
  for (let page = 0; page < MAX_PAGES; page++) {
    const { isLast, values } = await ask(
      `/rest/api/2/issue/${key}/changelog?startAt=${changes.length}&maxResults=${PAGE}`,
      Changes,
    )
    changes.push(...values)
    // They come from the oldest, says the documentation; what is concluded hangs on it.
    if (isLast) return changes.toSorted((a, b) => a.created - b.created)
  }
  throw new UnreadableError(`its approval cannot be read back: its history has more than ${PAGE * MAX_PAGES} changes`)
}

/** What is to be mended, by status. */
const MEND: Readonly<Record<number, string>> = {
  401: 'JIRA_USER and JIRA_TOKEN are not accepted',
  403: 'JIRA_USER may not see the request and its approvals',
  404: 'JIRA_USER sees no such request with approvals',
}

const TOO_LONG = "its approval cannot be read back: Jira's answer is too long"

function asking({ url, user, token }: { url: string; user: string; token: string }, fetchText: FetchText): Ask {
  const authorization = `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`
  return async (path, schema) => {
    const asked = fetchText(new URL(path, url), { accept: 'application/json', authorization })
    const { status, text } = await asked.catch((error) => {
      if (error instanceof TooLongError) throw new UnreadableError(TOO_LONG)
      throw error
    })
    if (status === 429 || status >= 500) throw new UnreachableError(`Jira answers ${status}`)
    if (status !== 200) {
      throw new UnreadableError(`its approval cannot be read back: ${MEND[status] ?? `Jira answers ${status}`}`)
    }
    const parsed = schema.safeParse(jsonOf(text))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw new UnreadableError(
      `its approval cannot be read back: Jira's answer is not as documented (${issue?.path.join('.') || 'body'})`,
    )
  }
}
