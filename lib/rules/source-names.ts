import type { WebhookSource } from '../sources/source.ts'
import { SOURCES } from '../sources/sources.ts'

/** CloudWatch alarms arrive by EventBridge, not as a webhook. */
const CLOUDWATCH = 'cloudwatch'

/** The sources of alarms, or of tickets. */
export function sourceNames(kind: WebhookSource['kind']): string[] {
  const webhooks = [...SOURCES.values()].filter((source) => source.kind === kind).map(({ name }) => name)
  return kind === 'alarm' ? [CLOUDWATCH, ...webhooks] : webhooks
}
