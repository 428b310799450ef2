import * as z from 'zod'
import { parseStrictJson } from '../../../http/body.ts'

/**
 * The JSON that Cloud Eye publishes in the `message` of SMN. It has no version, and its keys vary by year and region: a value
 * of another type than expected counts as absent. Known from captures of 2022 to 2026.
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
  /** `Critical`, or the word in the account's language. */
  AlarmLevel: Text,
  /** Content of an event: text, or its details as JSON. */
  EventContent: z.unknown().optional(),
  IsAlarm: Text,
  /** `true` in a repeat while the alarm lasts. */
  IsCycleTrigger: Text,
  /** A display name; since 2024 also the id. */
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
  /** `name:value`, separated by commas. */
  dimension: z.unknown().optional(),
  sms_content: Text,
  default_content: Text,
  template_variable: Variables.catch(Variables.parse({})),
})
export type CloudEyeMessage = z.infer<typeof Message>

/** An event's details in the form of Cloud Eye's event API, alone or under `detail`. */
const Detail = z.object({ event_name: Text, resource_id: Text, dimensions: z.unknown().optional() })
type Detail = z.infer<typeof Detail>

/** The event API has the event's name beside `detail`. */
const Content = z.object({ event_name: Text, detail: z.unknown().optional() })

/** @returns the message, or the reason why the text is none */
export function readCloudEyeMessage(text: string): CloudEyeMessage | { not: string } {
  const parsed = Message.safeParse(strictJsonOf(text))
  return parsed.success ? parsed.data : { not: 'it is plain text, or made by a template' }
}

/** @param content an event's id alone, or its details. @returns `event_name` undefined if there are two different ones */
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

/** Undefined if the text is no JSON, or if `parseStrictJson` rejects it (too deep, duplicate keys). */
function strictJsonOf(text: string): unknown {
  try {
    return parseStrictJson(Buffer.from(text))
  } catch {
    return undefined
  }
}
