import type { FetchText } from '../../../../lib/sources/source.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents are changed at will
export type Body = any

/** One issue with its approvals and history, as a site of Jira has them. */
export interface Site {
  approvals: Body[]
  issue: Body
  changes: Body[]
}

export const ACCESS = {
  JIRA_URL: 'https://example.atlassian.net',
  JIRA_USER: 'ops@example.com',
  JIRA_TOKEN: 'a-token-of-jira-1234',
}

export const instant = (iso: string) => ({
  iso8601: iso,
  jira: iso,
  friendly: 'Today',
  epochMillis: Date.parse(iso),
})

export const decided = (accountId: string, approverDecision: string) => ({ approver: { accountId }, approverDecision })

/** Jira's API, as documented. @returns a client, and the URLs that were requested */
export function jiraOf({ approvals, issue, changes }: Site): { fetchText: FetchText; asked: string[] } {
  const asked: string[] = []
  const fetchText: FetchText = async (url, headers) => {
    asked.push(url.href)
    const credentials = Buffer.from(`${ACCESS.JIRA_USER}:${ACCESS.JIRA_TOKEN}`).toString('base64')
    if (headers?.authorization !== `Basic ${credentials}`) return { status: 401, text: '' }
    const startAt = Number(url.searchParams.get('startAt'))
    const fields = Object.entries(issue.fields).filter(([id]) =>
      url.searchParams.get('fields')?.split(',').includes(id),
    )
    const answer = url.pathname.endsWith('/approval')
      ? { size: approvals.length, start: 0, limit: 50, isLastPage: true, values: approvals }
      : url.pathname.endsWith('/changelog')
        ? {
            startAt,
            maxResults: 100,
            total: changes.length,
            isLast: startAt + 100 >= changes.length,
            values: changes.slice(startAt, startAt + 100),
          }
        : { ...issue, fields: Object.fromEntries(fields) }
    return { status: 200, text: JSON.stringify(answer) }
  }
  return { fetchText, asked }
}
