import * as z from 'zod'
import { LETTER_ID } from '../../runs/dead-letter.ts'
import { DELIVERY_ID } from '../../runs/received.ts'
import { RUN_ID } from '../../runs/run.ts'
import { Key } from './run-request.ts'

/** What stands in paths and headers of requests. Their names are those of the wire. */

export const RunPath = z.object({ id: z.string().regex(RUN_ID).describe('Id of a run') })
export const LetterPath = z.object({ id: z.string().regex(LETTER_ID).describe('`messageId` of a dead letter') })
export const DeliveryPath = z.object({ id: z.string().regex(DELIVERY_ID).describe('Id of a delivery') })
export const SourcePath = z.object({ source: z.string().max(64).describe('Name of the source, e.g. `generic`') })

const Prefer = {
  Prefer: z.string().optional().describe('`wait=N`: waits up to N seconds for the end (RFC 7240); at most 25 of them'),
}

export const CreateRunHeaders = z.object({
  'Idempotency-Key': Key.optional().describe('The same key is the same run, however often it is asked for'),
  ...Prefer,
})

export const GetRunHeaders = z.object({
  'If-None-Match': z.string().optional().describe('An `ETag`: 304 while the run is as it was then'),
  ...Prefer,
})

export const CancelHeaders = z.object({
  'If-Match': z.string().optional().describe('An `ETag`: 412 where the run has changed since'),
})

/** Standard Webhooks; other sources have headers of their own. */
export const WebhookHeaders = z.object({
  'webhook-id': z.string().optional().describe('The same for every retry: it is one delivery'),
  'webhook-timestamp': z.string().optional().describe('Unix seconds; may be five minutes off'),
  'webhook-signature': z.string().optional().describe('`v1,<base64>`; several by space'),
})
