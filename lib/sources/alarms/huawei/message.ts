import * as z from 'zod'
import { parseStrictJson } from '../../../http/body.ts'

/**
 * What Cloud Eye publishes, as JSON in the `message` of SMN. There is no version in it, and keys come and go by year and
 * region: whatever is not text where text is expected counts as absent. Known from captures of 2022 to 2026.
 */
const Text = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => String(value).trim() || undefined)
  .optional()
  .catch(undefined)

const Variables = z.object({
  AccountName: Text,
  AlarmId: Text,
  AlarmRuleName: Text,
  /** `Critical`, or what the account's language has for it. */
  AlarmLevel: Text,
  /** What an event says: text, or its details as JSON. */
  EventContent: z.unknown().optional(),
  IsAlarm: Text,
  /** Told again, as the alarm goes on. */
  IsCycleTrigger: Text,
  /** A display name; since 2024 the id beside it. */
  RegionId: Text,
  ResourceId: Text,
  ResourceName: Text,
  ResourceTags: z.unknown().optional(),
})

const Message = z.object({
  alarm_id: Text,
  alarm_name: Text,
  alarm_status: Text,
  /** Epoch ms. */
  time: Text,
  namespace: Text,
  metric_name: Text,
  /** `name:value`, several by comma. */
  dimension: z.unknown().optional(),
  sms_content: Text,
  default_content: Text,
  template_variable: Variables.catch(Variables.parse({})),
})
export type CloudEyeMessage = z.infer<typeof Message>

/** What the event API of Cloud Eye calls the detail of an event, by itself or as `detail`. */
const Detail = z.object({ event_name: Text, resource_id: Text, dimensions: z.unknown().optional() })
type Detail = z.infer<typeof Detail>

/** The event API has the name beside the `detail`. */
const Content = z.object({ event_name: Text, detail: z.unknown().optional() })

/** @returns or why it is none */
export function readCloudEyeMessage(text: string): CloudEyeMessage | { not: string } {
  const parsed = Message.safeParse(strictJsonOf(text))
  return parsed.success ? parsed.data : { not: 'it is plain text, or of a template' }
}

/** @param content an event's id alone, or its details. `event_name` is undefined where it is said twice, and differently */
export function detailOf(content: unknown): Detail {
  const json = typeof content === 'string' ? strictJsonOf(content) : content
  const outer = Content.safeParse(json).data
  const detail = Detail.safeParse(outer?.detail ?? json).data
  const names = new Set([outer?.event_name, detail?.event_name].filter((name) => name !== undefined))
  const [named = idAlone(content)] = names
  return { resource_id: undefined, ...detail, event_name: names.size > 1 ? undefined : named }
}

function idAlone(content: unknown): string | undefined {
  return typeof content === 'string' ? content.trim() : undefined
}

/** Undefined where it is none, or one that is not read (too deep, keys twice). */
function strictJsonOf(text: string): unknown {
  try {
    return parseStrictJson(Buffer.from(text))
  } catch {
    return undefined
  }
}
