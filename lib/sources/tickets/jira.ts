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
      'Secrets of webhooks of Jira, by comma: with which Jira signs; two while one is replaced',
    ),
    WEBHOOK_JIRA_TOKENS: OptionalSetting(Secrets).describe(
      'Secrets that automation rules show in the header `x-webhook-secret`, by comma; without one, only what is signed is taken',
    ),
    ...JiraAccess,
    JIRA_OWN_ACCOUNT: OptionalSetting(z.string().max(128)).describe(
      'Account id as which Steadyhand writes into Jira; what it does there is ignored',
    ),
  })
  .check(signedOrShown('WEBHOOK_JIRA_SECRETS', 'WEBHOOK_JIRA_TOKENS'))
  .superRefine((settings, { addIssue }) => {
    const names = ['JIRA_URL', 'JIRA_USER', 'JIRA_TOKEN'] as const
    const missing = names.filter((name) => settings[name] === undefined)
    if (missing.length === names.length) return
    for (const name of missing) addIssue({ code: 'custom', path: [name], message: `is not set; ${names} go together` })
  })
type Settings = z.infer<typeof Settings>

/** Where a sender that cannot sign shows a secret. */
const SECRET_HEADER = 'x-webhook-secret'
const SIGNATURE_HEADER = 'x-hub-signature'

/** Issues and comments of Jira Cloud, also of Jira Service Management: webhooks, and automation rules that send web requests. */
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
    dedupedBy: 'issue, and the id of the change or comment; of automation, when the issue was updated',
    ignores: 'what is about no issue; older than a day; our own comments',
    knownFrom: 'documentation',
  },
  verify: verifyJira,
  read: (payload, { atMs, headers }, { JIRA_OWN_ACCOUNT }) => [
    readJiraEvent(payload, atMs, headers[SIGNATURE_HEADER] !== undefined, JIRA_OWN_ACCOUNT),
  ],
  approvalDenial: (...asked) => jiraApprovalDenial(...asked),
  sign: (body, { WEBHOOK_JIRA_SECRETS: [secret = ''] = [] }, { id }) => ({
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'x-atlassian-webhook-identifier': id,
      [SIGNATURE_HEADER]: hubSignature(secret, body),
    },
  }),
})

/** A signature that is there must fit, whatever else is shown: nobody may choose the weaker proof for what Jira has signed. */
function verifyJira(
  delivery: WebhookRequest,
  { WEBHOOK_JIRA_SECRETS: secrets = [], WEBHOOK_JIRA_TOKENS: tokens = [] }: Settings,
): string | undefined {
  const { headers } = delivery
  if (headers[SIGNATURE_HEADER] !== undefined) verifyHubSignature(delivery, SIGNATURE_HEADER, secrets)
  else if (headers.authorization === undefined && headers[SECRET_HEADER] === undefined) {
    throw new SignatureError(`header ${SIGNATURE_HEADER} is missing, and no secret is shown instead`)
  } else verifyToken(delivery, tokens, { header: SECRET_HEADER })
  return unsignedId(headers, 'x-atlassian-webhook-identifier')
}
