import type * as z from 'zod'
import { firstIssueOf } from '../../../basics/field-issues.ts'
import { textOf } from '../../../basics/text-of.ts'
import type { DeliveryItem } from '../../source.ts'

/**
 * What is no alarm of CloudWatch, and why.
 * @param about what it may be known by; of a sender that we do not know
 */
export function notAnAlarm(why: string | z.ZodError, subject?: unknown): DeliveryItem {
  return {
    ignored: textOf(`not a CloudWatch alarm state change: ${typeof why === 'string' ? why : firstIssueOf(why)}`),
    subject: typeof subject === 'string' && subject !== '' ? textOf(subject) : 'an unknown event',
  }
}
