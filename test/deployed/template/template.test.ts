// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders of Fn::Sub.
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { resolveIntrinsics } from './intrinsics.ts'
import { rateMs } from './rate.ts'
import { parseTemplate, readTemplate } from './template.ts'

const fixture = readTemplate(`${import.meta.dirname}/../fixtures/template.json`)
const PACKAGED = `${import.meta.dirname}/../../../.serverless/cloudformation-template-update-stack.json`

describe('intrinsics', () => {
  const names: Record<string, string> = { Queue: 'url', 'Queue.Arn': 'arn' }
  const resolve = (value: unknown) => resolveIntrinsics(value, (name) => names[name], 'Here')

  test.for([
    [{ Ref: 'Queue' }, 'url'],
    [{ Ref: 'AWS::AccountId' }, '000000000000'],
    [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn'],
    [{ 'Fn::GetAtt': 'Queue.Arn' }, 'arn'],
    [{ 'Fn::Sub': 'a ${Queue} ${Queue.Arn} ${AWS::Region} ${!Kept}' }, 'a url arn us-east-1 ${Kept}'],
    [{ 'Fn::Sub': ['${Mine}/${Queue}', { Mine: { Ref: 'Queue' } }] }, 'url/url'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'Queue' }, 'b']] }, 'a/url/b'],
    [{ deep: [{ Ref: 'Queue' }, 1, null, true] }, { deep: ['url', 1, null, true] }],
    [{ kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
  ] as const)('%j is %j', ([value, expected]) => {
    expect(resolve(value)).toEqual(expected)
  })

  test.for([
    [{ Ref: 'Nobody' }, 'Here: Nobody names nothing'],
    [{ 'Fn::GetAtt': ['Queue', 'Colour'] }, 'Here: Queue.Colour names nothing'],
    [{ 'Fn::Sub': '${Nobody}' }, 'Here: Nobody names nothing'],
    [{ 'Fn::If': ['a', 'b', 'c'] }, 'Here: Fn::If is not supported'],
  ] as const)('%j is refused with the name of the place', ([value, message]) => {
    expect(() => resolve(value)).toThrow(message)
  })
})

test.for([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(2 hours)', 7_200_000],
  ['rate(1 day)', 86_400_000],
] as const)('%s is %i ms', ([expression, expected]) => {
  expect(rateMs(expression, 'Rule')).toBe(expected)
})

test.for(['cron(0 10 * * ? *)', 'rate(0 minutes)', 'rate(25 days)', 'rate(1 week)'])('%s is refused', (expression) => {
  expect(() => rateMs(expression, 'Rule')).toThrow(`Rule: the schedule ${expression} is not supported`)
})

describe('the fixture template', () => {
  test('gives a queue with its redrive and default visibility', () => {
    expect(fixture.queues.slice(0, 2)).toEqual([
      {
        id: 'Queue',
        name: 'Queue',
        visibilitySeconds: 5,
        attributes: {},
        redrive: { queue: 'Dead', maxReceiveCount: 2 },
      },
      { id: 'Dead', name: 'Dead', visibilitySeconds: 30, attributes: {}, redrive: undefined },
    ])
  })

  test('gives a table with only what CreateTable knows', () => {
    expect(fixture.tables).toEqual([
      {
        id: 'Table',
        create: {
          TableName: 'Table',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        },
      },
    ])
  })

  test('gives mappings, routes, schedules, subscriptions and alarm actions', () => {
    const { mappings, routes, schedules, subscriptions, alarmActions } = fixture
    expect({ mappings, route: routes[0], schedules, subscriptions, alarmActions }).toEqual({
      alarmActions: ['Listener'],
      mappings: [
        {
          id: 'QueueMapping',
          queue: 'Queue',
          function: 'Listener',
          batchSize: 5,
          reportsItemFailures: true,
          maximumConcurrency: 10,
          enabled: true,
        },
      ],
      route: {
        id: 'RoutePost',
        key: 'POST /items',
        method: 'POST',
        path: '/items',
        function: 'Http',
        timeoutMs: 25_000,
        authorization: 'AWS_IAM',
      },
      schedules: [{ id: 'Tick', function: 'Ticker', input: undefined, everyMs: 60_000 }],
      subscriptions: [
        {
          id: 'TopicSubscription',
          topic: 'Topic',
          function: 'Listener',
          attributes: { FilterPolicy: '{"kind":["wanted"]}' },
        },
      ],
    })
  })
})

test.for([
  [
    'Mapping',
    { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: { Ref: 'Gone' }, FunctionName: 'f' } },
  ],
  ['Mapping', { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: 'arn:x', FunctionName: 'f' } }],
  [
    'Rule',
    {
      Type: 'AWS::Events::Rule',
      Properties: { EventPattern: {}, Targets: [{ Arn: { 'Fn::GetAtt': ['Rule', 'Arn'] } }] },
    },
  ],
  ['Queue', { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } }],
  ['F', { Type: 'AWS::Lambda::Function', Properties: { Handler: 'a.b', DeadLetterConfig: {} } }],
  ['Queue', { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 'soon' } }],
  ['Queue', { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::ImportValue': 'x' } } }],
] as const)('what cannot be run is refused with the name of %s: %j', ([id, resource]) => {
  expect(() => parseTemplate({ Resources: { [id]: resource } })).toThrow(new RegExp(`^${id}: `))
})

test('a resource of another type is left out', () => {
  const { queues, functions } = parseTemplate({
    Resources: { X: { Type: 'AWS::S3::Bucket', Properties: { A: { 'Fn::If': [] } } } },
  })
  expect({ queues, functions }).toEqual({ queues: [], functions: [] })
})

// The packaged template is there only after `npm run package`.
test.runIf(existsSync(PACKAGED))('the packaged template of the project is read', () => {
  const { functions, mappings, routes, tables } = readTemplate(PACKAGED)
  expect(functions.map(({ handler }) => handler)).toContain('dist/api.handler')
  expect(mappings.length).toBeGreaterThan(0)
  expect(routes.map(({ key }) => key)).toContain('POST /runs')
  expect(tables.map(({ id }) => id)).toContain('RunsTable')
})
