import * as z from 'zod'
import { OptionalSetting } from '../settings.ts'
import { type WebhookRequest, webhookSource } from '../source.ts'
import { unsignedId } from '../verify/headers.ts'
import { hubSignature, verifyHubSignature } from '../verify/hub-signature.ts'
import { Secrets, signedOrShown } from '../verify/secrets.ts'
import { SignatureError } from '../verify/signature-error.ts'
import { verifyToken } from '../verify/token.ts'
import { jiraApprovalDenial } from './jira/approval.ts'
import { readJiraEvent } from './jira/event.ts'
import { JiraAccess } from './jira/rest.ts'

const Settings = z
  .object({
    WEBHOOK_JIRA_SECRETS: OptionalSetting(Secrets).describe(
      'Secrets with which webhooks of Jira are signed, separated by commas; two while one is replaced',
    ),
    WEBHOOK_JIRA_TOKENS: OptionalSetting(Secrets).describe(
      'Secrets that automation rules show in the header `x-webhook-secret`, separated by commas; without one, only signed requests are accepted',
    ),
    ...JiraAccess,
    JIRA_OWN_ACCOUNT: OptionalSetting(z.string().max(128)).describe(
      'Account id of Steadyhand in Jira; events that it causes are ignored',
    ),
  })
  .check(signedOrShown('WEBHOOK_JIRA_SECRETS', 'WEBHOOK_JIRA_TOKENS'))
  .superRefine((settings, { addIssue }) => {
    const names = ['JIRA_URL', 'JIRA_USER', 'JIRA_TOKEN'] as const
    const missing = names.filter((name) => settings[name] === undefined)
    if (missing.length === names.length) return
    for (const name of missing)
      addIssue({ code: 'custom', path: [name], message: `is not set; set all of ${names.join(', ')}, or none` })
  })
type Settings = z.infer<typeof Settings>

/** A sender that cannot sign shows a secret here. */
const SECRET_HEADER = 'x-webhook-secret'
const SIGNATURE_HEADER = 'x-hub-signature'

/** Issues and comments of Jira Cloud and Jira Service Management, sent by webhooks and by automation rules. */
export const jira = webhookSource({
  name: 'jira',
  kind: 'ticket',
  settings: Settings,
  secrets: {
    WEBHOOK_JIRA_SECRETS: {
      use: 'signs',
      lets: 'send any event as `jira`; a rule with `approval: required` still asks Jira',
    },
    WEBHOOK_JIRA_TOKENS: { use: 'shown', lets: 'send any event of automation as `jira`, and no transition' },
    JIRA_TOKEN: { use: 'shown', lets: 'do in Jira what `JIRA_USER` may, which may include approvals' },
  },
  says: {
    verifiedBy: '`X-Hub-Signature` (HMAC-SHA256 of the body); automation: a token in `x-webhook-secret`',
    dedupedBy: 'issue, and id of the change or comment; for automation: time of the issue’s update',
    ignores: 'events without an issue; events older than a day; our own comments',
    knownFrom: 'documentation',
  },
  verify: verifyJira,
  read: (payload, { atMs, headers, settings }) => [
    readJiraEvent(payload, {
      atMs,
      isSigned: headers[SIGNATURE_HEADER] !== undefined,
      ownAccount: settings.JIRA_OWN_ACCOUNT,
    }),
  ],
  approvalDenial: (question, settings, fetchText) => jiraApprovalDenial(question, settings, fetchText),
  sign: (body, { WEBHOOK_JIRA_SECRETS: [secret = ''] = [] }, { id }) => ({
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'x-atlassian-webhook-identifier': id,
      [SIGNATURE_HEADER]: hubSignature(secret, body),
    },
  }),
})

/** A signature that is present must match: a sender cannot choose the weaker proof for a signed body. */
function verifyJira(
  request: WebhookRequest,
  { WEBHOOK_JIRA_SECRETS: secrets = [], WEBHOOK_JIRA_TOKENS: tokens = [] }: Settings,
): string | undefined {
  const { headers } = request
  if (headers[SIGNATURE_HEADER] !== undefined) verifyHubSignature(request, SIGNATURE_HEADER, secrets)
  else if (headers.authorization === undefined && headers[SECRET_HEADER] === undefined) {
    throw new SignatureError(`header ${SIGNATURE_HEADER} is missing, and no secret is shown in its place`)
  } else verifyToken(request, tokens, { header: SECRET_HEADER })
  return unsignedId(headers, 'x-atlassian-webhook-identifier')
}
