import { alertmanager } from './alarms/alertmanager.ts'
import { grafana } from './alarms/grafana.ts'
import { huawei } from './alarms/huawei.ts'
import { tencent } from './alarms/tencent.ts'
import type { WebhookSource } from './source.ts'
import { generic } from './tickets/generic.ts'
import { github } from './tickets/github.ts'
import { jira } from './tickets/jira.ts'
import { pagerduty } from './tickets/pagerduty.ts'
import { servicenow } from './tickets/servicenow.ts'

/** Every source of webhooks, by its name in `POST /webhooks/{source}`. */
export const SOURCES: ReadonlyMap<string, WebhookSource> = new Map(
  [huawei, tencent, alertmanager, grafana, jira, servicenow, pagerduty, github, generic].map((source) => [
    source.name,
    source as WebhookSource, // its settings are its own, read by its own schema
  ]),
)
