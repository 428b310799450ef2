/** One price of the list, without free tiers and without the steps of large accounts. */
export interface Price {
  usd: number
  /** For so many units. */
  per: number
  unit: string
  source: string
  /**
   * A public page that names the same price, and its date. The price pages of AWS fill in their figures by script, and
   * were not read.
   */
  confirmedBy?: string
}

const MILLION = 1_000_000

/** On demand, in us-east-1. Collected on 2026-11-30. */
export const PRICES = {
  // Halved on 2024-11-01.
  tableWrite: {
    ...{ usd: 0.625, per: MILLION, unit: 'write unit' },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    confirmedBy: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing (2025-07-21)',
  },
  tableRead: {
    ...{ usd: 0.125, per: MILLION, unit: 'read unit' },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    confirmedBy: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing (2025-07-21)',
  },
  // Continuous backups, 0.20 a GB-month on top, are left out.
  tableStorage: {
    ...{ usd: 0.25, per: 1, unit: 'GB-month' },
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  queue: {
    ...{ usd: 0.4, per: MILLION, unit: 'request' },
    source: 'https://aws.amazon.com/sqs/pricing/',
    confirmedBy: 'https://cloudburn.io/blog/amazon-sqs-pricing (2026-03-14)',
  },
  // What SNS delivers to SQS costs nothing.
  topic: {
    ...{ usd: 0.5, per: MILLION, unit: 'publication' },
    source: 'https://aws.amazon.com/sns/pricing/',
    confirmedBy: 'https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/ (2026-06-13)',
  },
  invocation: {
    ...{ usd: 0.2, per: MILLION, unit: 'request' },
    source: 'https://aws.amazon.com/lambda/pricing/',
    confirmedBy: 'https://cloudchipr.com/blog/aws-lambda-pricing (2024)',
  },
  armSeconds: {
    ...{ usd: 0.0000133334, per: 1, unit: 'GB-second' },
    source: 'https://aws.amazon.com/lambda/pricing/',
    confirmedBy: 'https://cloudchipr.com/blog/aws-lambda-pricing (2024)',
  },
  // 0.50 a GB: the first step of the logs of Lambda, up to 10 TB a month.
  logs: {
    ...{ usd: 0.5, per: 1024 ** 2, unit: 'KB' },
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
    confirmedBy: 'https://www.duckbillgroup.com/?p=9080 (2025-05)',
  },
  gateway: {
    ...{ usd: 1, per: MILLION, unit: 'request' },
    source: 'https://aws.amazon.com/api-gateway/pricing/',
    confirmedBy: 'https://awsforengineers.com/blog/aws-api-gateway-pricing-explained (2025-05-19)',
  },
  // That of the newer EventBridge Scheduler. No page names a price for a rule with a schedule: this is the most that it costs.
  schedule: {
    ...{ usd: 1, per: MILLION, unit: 'invocation' },
    source: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  secretRead: {
    ...{ usd: 0.05, per: 10_000, unit: 'call' },
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    confirmedBy: 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms (no date)',
  },
  secretStorage: {
    ...{ usd: 0.4, per: 1, unit: 'secret-month' },
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
    confirmedBy: 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms (no date)',
  },
} as const satisfies Record<string, Price>

export type PriceName = keyof typeof PRICES

export function usdOf(name: PriceName, units: number): number {
  const { usd, per } = PRICES[name]
  return (usd / per) * units
}
