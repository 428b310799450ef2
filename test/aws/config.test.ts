import { describe, expect, test } from 'vitest'
import { readConfig } from '../../lib/aws/config.ts'

const RUNS = {
  RUNS_TABLE: 'runs',
  TABLE_STEP: '4',
  SUBMISSIONS_QUEUE_URL: 'https://sqs/submissions',
  POLLS_QUEUE_URL: 'https://sqs/polls',
  ALARMS_QUEUE_URL: 'https://sqs/alarms',
  NOTIFICATIONS_TOPIC_ARN: 'arn:aws:sns:eu-west-1:1:topic',
  EVENT_SOURCE: 'urn:steadyhand:1:eu-west-1:dev',
  HUAWEICLOUD_REGION: 'cn-north-4',
}
const CLOUDS = {
  ...RUNS,
  HUAWEICLOUD_SDK_AK: 'ak',
  HUAWEICLOUD_SDK_SK: 'sk',
  HUAWEICLOUD_SDK_PROJECT_ID: '0123456789abcdef0123456789abcdef',
}

test('an endpoint that is set, but empty, is not set', () => {
  expect(readConfig('poll-run', { ...CLOUDS, HUAWEICLOUD_DCS_ENDPOINT: '' })).toEqual({ ...CLOUDS, endpoints: {} })
})

test('endpoints are read only by functions that call clouds', () => {
  const RULES = { RULES_FILE: 'rules.yml', TENCENTCLOUD_REGION: 'ap-guangzhou' }
  const other = { OTHER_PROGRAM_ENDPOINT: 'not ours', HUAWEICLOUD_DCS_ENDPOINT: 'not read' }
  expect(readConfig('sweep-runs', { ...RUNS, ...RULES, ...other })).toMatchObject({ endpoints: {} })
})

describe('refuses, naming the variable and never its value', () => {
  test.for([
    ['api', { ...RUNS, RUNS_TABLE: undefined }, 'RUNS_TABLE'],
    ['api', { ...RUNS, POLLS_QUEUE_URL: 'polls' }, 'POLLS_QUEUE_URL'],
    ['submit-run', { ...CLOUDS, HUAWEICLOUD_SDK_PROJECT_ID: 'hunter2' }, 'HUAWEICLOUD_SDK_PROJECT_ID'],
    ['poll-run', { ...CLOUDS, HUAWEICLOUD_DCS_ENDPOINT: 'hunter2' }, 'HUAWEICLOUD_DCS_ENDPOINT'],
    ['receive-webhook', RUNS, 'RULES_FILE'],
    ['receive-alarm', RUNS, 'RULES_FILE'],
    ['bury-message', RUNS, 'ALARMS_DEAD_LETTERS_ARN'],
  ] as const)('%s with %j: %s', ([name, environment, variable]) => {
    const reading = (): unknown => readConfig(name, environment)
    expect(reading).toThrow(variable)
    expect(reading).not.toThrow('hunter2')
  })
})
