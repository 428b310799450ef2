/** Requests that work against the simulated clouds as they start. */

const ORDERS = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const ACCOUNTS = '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913'
const CATALOG = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'

export const RUN_EXAMPLES = {
  swap: {
    operation: 'dcs.instance.swap',
    target: { instanceId: ACCOUNTS },
    reason: 'zone a is being patched',
  },
  'rolling restart': {
    operation: 'emr.service.restart',
    target: { clusterId: 'emr-4zvc5mul', services: [{ name: 'YARN' }] },
    params: { strategy: { rolling: true } },
    collision: 'queue',
    reason: 'new configuration',
  },
} as const

export const BATCH_EXAMPLES = {
  'soft restart of two': {
    operation: 'dcs.instance.soft-restart',
    targets: [{ instanceId: ORDERS }, { instanceId: CATALOG }],
    reason: 'OPS-1234',
  },
} as const

export const CLEAR_EXAMPLES = { 'after a fix': { reason: 'the memory leak is mended' } } as const

export const RESUME_EXAMPLES = { 'after an outage': { reason: 'the network of zone a is back' } } as const
export const ARM_EXAMPLES = { 'after a fix': { reason: 'the memory leak is mended' } } as const

export const PAUSE_EXAMPLES = {
  'of an operation': { scope: 'operation:dcs.instance.stop', reason: 'nothing is stopped before the audit' },
  'of a resource': { scope: `resource:huawei/dcs/${CATALOG}`, reason: 'OPS-1234' },
} as const

export const WEBHOOK_EXAMPLES = {
  'run requested': {
    type: 'run.requested',
    data: { operation: 'dcs.instance.restart', target: { instanceId: ORDERS }, ticket: 'OPS-1234' },
  },
} as const

export const EVENT_EXAMPLES = {
  'alarm state change': {
    version: '0',
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    account: '123456789012',
    region: 'eu-west-1',
    time: '2026-01-01T00:00:00Z',
    resources: ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:redis-orders-unresponsive'],
    detail: {
      alarmName: 'redis-orders-unresponsive',
      state: { value: 'ALARM', timestamp: '2026-01-01T00:00:00.000+0000' },
      previousState: { value: 'OK', timestamp: '2025-12-31T23:00:00.000+0000' },
      configuration: { metrics: [] },
    },
  },
} as const
