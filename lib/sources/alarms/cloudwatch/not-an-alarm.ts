import type * as z from 'zod'
import { firstIssueOf } from '../../../basics/field-issues.ts'
import { textOf } from '../../../basics/text-of.ts'
import type { DeliveryItem } from '../../source.ts'

/**
 * An event that is ignored because it is no alarm of CloudWatch.
 * @param subject its name; any type, because the sender is unknown
 */
export function notAnAlarm(reason: string | z.ZodError, subject?: unknown): DeliveryItem {
  return {
    ignored: textOf(
      `not a CloudWatch alarm state change: ${typeof reason === 'string' ? reason : firstIssueOf(reason)}`,
    ),
    subject: typeof subject === 'string' && subject !== '' ? textOf(subject) : 'an unknown event',
  }
}
