import * as z from 'zod'
import { firstIssueOf } from '../../../../basics/field-issues.ts'
import { SignatureError } from '../../../verify/signature-error.ts'

/**
 * The message that Simple Message Notification (SMN) of Huawei Cloud posts to a subscriber.
 * Source: https://docs.otc.t-systems.com/simple-message-notification/umn/appendix/http_https_messages/http_https_message_format.html
 */

/** The signed text joins fields by line feeds: one inside a field could pass for the start of another field. */
const Line = z
  .string()
  .max(4096)
  .regex(/^[^\r\n]*$/, 'has a line feed')

const Common = {
  signature: z
    .string()
    .max(1024)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'is not base64'),
  /** `v1` on the wire, `V1` in the documents. */
  signature_version: z.string().regex(/^v1$/i, 'is not v1'),
  /** Not signed. */
  signing_cert_url: z.string().max(2048).optional(),
  topic_urn: Line,
  message_id: z.string().regex(/^[\w-]{1,64}$/, 'is not an id'),
  /** Time of the first sending. */
  timestamp: z.iso.datetime(),
  /** May have line feeds: it is first in the signed text, so its end is found from behind. */
  message: z.string(),
}

export const Notification = z.object({ type: z.literal('Notification'), ...Common, subject: Line.nullish() })
export type Notification = z.infer<typeof Notification>

export const Confirmation = z.object({
  type: z.enum(['SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  ...Common,
  subscribe_url: Line,
})
export type Confirmation = z.infer<typeof Confirmation>

export const Envelope = z.discriminatedUnion('type', [Notification, Confirmation])
export type Envelope = z.infer<typeof Envelope>

/** @throws {SignatureError} because an unreadable message proves nothing */
export function readEnvelope(payload: unknown): Envelope {
  const parsed = Envelope.safeParse(payload)
  if (parsed.success) return parsed.data
  throw new SignatureError(`not a message of SMN: ${firstIssueOf(parsed.error)}`)
}
