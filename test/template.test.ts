import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { CONFIG } from '../lib/aws/config.ts'

/** Tests of the packaged template, which is what is deployed. */
const ROOT = `${import.meta.dirname}/..`
const Resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })
const { Resources: resources, Outputs: outputs } = z
  .object({ Resources: z.record(z.string(), Resource), Outputs: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(`${ROOT}/.serverless/cloudformation-template-update-stack.json`, 'utf8')))

const ofType = (type: string): [string, Record<string, unknown>][] =>
  Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties }]) => [id, Properties])

const Fn = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Timeout: z.number(),
  RecursiveLoop: z.string().optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
})
const functions = new Map(ofType('AWS::Lambda::Function').map(([id, properties]) => [id, Fn.parse(properties)]))
const nameOf = (fn: z.infer<typeof Fn>): string => fn.FunctionName.replace(/^steadyhand-dev-/, '')
const byName = (name: string): z.infer<typeof Fn> | undefined =>
  [...functions.values()].find((fn) => nameOf(fn) === name)

const Arn = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).transform((arn) => arn['Fn::GetAtt'][0])
const Mapping = z.object({
  EventSourceArn: Arn,
  FunctionName: Arn,
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  Enabled: z.boolean(),
  FunctionResponseTypes: z.array(z.string()).default([]),
})
const mappings = ofType('AWS::Lambda::EventSourceMapping').map(([, properties]) => Mapping.parse(properties))

const Queue = z.object({
  VisibilityTimeout: z.coerce.number(),
  RedrivePolicy: z.object({ deadLetterTargetArn: Arn, maxReceiveCount: z.number() }).optional(),
})
const queues = new Map(ofType('AWS::SQS::Queue').map(([id, properties]) => [id, Queue.parse(properties)]))

const Statement = z.object({ Effect: z.string(), Action: z.array(z.string()), Resource: z.unknown() })
const Role = z.object({
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(Statement) }) })),
})
const statementsOf = (fn: z.infer<typeof Fn>): z.infer<typeof Statement>[] =>
  Role.parse(resources[fn.Role['Fn::GetAtt'][0]]?.Properties).Policies.flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  )

test('has every function, and each has its handler in its own package', () => {
  expect([...functions.values()].map(nameOf).sort()).toEqual(Object.keys(CONFIG).sort())
  for (const fn of functions.values()) {
    expect(fn).toMatchObject({ Handler: `dist/${nameOf(fn)}.handler`, Runtime: 'nodejs24.x' })
    expect(existsSync(`${ROOT}/dist/${nameOf(fn)}.mjs`)).toBe(true)
    expect(existsSync(`${ROOT}/functions/${nameOf(fn)}.ts`)).toBe(true)
    expect(existsSync(`${ROOT}/.serverless/${nameOf(fn)}.zip`)).toBe(true)
  }
})

/** The files in a function's artefact, as the zip's central directory names them. */
function filesOf(name: string): string[] {
  const zip = readFileSync(`${ROOT}/.serverless/${name}.zip`)
  const files = []
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 46)) {
    files.push(zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)))
  }
  return files.sort()
}

test('a stack trace of an artefact is read with its map, which stays behind', () => {
  // As the runtime of Lambda does: an error that nobody catches would print the whole bundle before its stack.
  const program = `import(${JSON.stringify(`${ROOT}/dist/poll-run.mjs`)}).catch(({ stack }) => console.log(stack))`
  const started = spawnSync(process.execPath, ['--eval', program], { env: {}, encoding: 'utf8' })
  expect(started.stdout).toContain('poll-run: the environment is not complete: RUNS_TABLE: ')
  const trace = spawnSync(process.execPath, ['lib/local/stack.ts'], {
    cwd: ROOT,
    input: started.stdout,
    encoding: 'utf8',
  })
  expect(trace.stdout).toMatch(/lib\/aws\/config\.ts:\d+:\d+/)
  expect(trace.stdout).toMatch(/functions\/poll-run\.ts:\d+:\d+/)
  expect(trace.stdout).toContain('poll-run: the environment is not complete: RUNS_TABLE: ')
})

describe('the environment', () => {
  // A value in place of those that CloudFormation resolves.
  const resolved = (name: string, value: unknown): string => {
    if (typeof value === 'string' && !value.startsWith('{{resolve:')) return value
    return (
      { WEBHOOK_GENERIC_SECRETS: `whsec_${'A'.repeat(32)}`, HUAWEICLOUD_SDK_PROJECT_ID: '0'.repeat(32) }[name] ??
      'https://resolved'
    )
  }

  test.for(Object.keys(CONFIG) as (keyof typeof CONFIG)[])('of %s has every variable of its config', (name) => {
    const variables = [...functions.values()].find((fn) => nameOf(fn) === name)?.Environment.Variables ?? {}
    const environment = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, resolved(key, value)]))
    expect(CONFIG[name].safeParse(environment).error?.issues ?? []).toEqual([])
  })

  test('holds no secret: secrets are resolved at deployment', () => {
    for (const fn of functions.values()) {
      for (const [name, value] of Object.entries(fn.Environment.Variables)) {
        if (name === 'CREDENTIALS_SECRET') expect(value).toBe('steadyhand/dev')
        else if (/SDK_|SECRET|TOKEN/.test(name))
          expect(value).toMatch(/^\{\{resolve:secretsmanager:steadyhand\/dev:SecretString:/)
      }
    }
  })

  test('names files that are packaged', () => {
    const withRules = [...functions.values()].filter((fn) => fn.Environment.Variables.RULES_FILE === 'dist/rules.json')
    expect(withRules.map(nameOf).sort()).toEqual([
      'api',
      'receive-alarm',
      'receive-webhook',
      'submit-run',
      'sweep-runs',
    ])
    for (const name of [...functions.values()].map(nameOf)) {
      const rules = withRules.some((fn) => nameOf(fn) === name) ? ['dist/rules.json'] : []
      expect(filesOf(name)).toEqual([`dist/${name}.mjs`, ...rules].sort())
    }
  })
})

describe('the queues', () => {
  test('each has a consumer that reports partial failures', () => {
    expect(mappings.map(({ EventSourceArn }) => EventSourceArn).sort()).toEqual([...queues.keys()].sort())
    for (const mapping of mappings) {
      expect(mapping).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'], Enabled: true })
    }
  })

  test('hide a message for at least six times the time-out of its consumer, and its batching window', () => {
    for (const { EventSourceArn, FunctionName, MaximumBatchingWindowInSeconds } of mappings) {
      const visibility = queues.get(EventSourceArn)?.VisibilityTimeout ?? 0
      const timeout = functions.get(FunctionName)?.Timeout ?? Number.NaN
      expect(visibility).toBeGreaterThanOrEqual(6 * timeout + MaximumBatchingWindowInSeconds)
    }
  })

  test('gather more than ten messages only with a window, as Lambda wants it', () => {
    for (const { BatchSize, MaximumBatchingWindowInSeconds } of mappings)
      expect(BatchSize <= 10 || MaximumBatchingWindowInSeconds >= 1).toBe(true)
  })

  test('give up after five receives, into a queue that is read', () => {
    const redrives = [...queues].flatMap(([id, { RedrivePolicy }]) => (RedrivePolicy ? [[id, RedrivePolicy]] : []))
    expect(Object.fromEntries(redrives)).toEqual({
      SubmissionsQueue: { deadLetterTargetArn: 'SubmissionsDeadLetters', maxReceiveCount: 5 },
      PollsQueue: { deadLetterTargetArn: 'PollsDeadLetters', maxReceiveCount: 5 },
      AlarmsQueue: { deadLetterTargetArn: 'AlarmDeadLetters', maxReceiveCount: 5 },
    })
  })

  test('are each read by one function', () => {
    const readBy = mappings.map(({ EventSourceArn, FunctionName }) => [EventSourceArn, FunctionName])
    expect(Object.fromEntries(readBy)).toEqual({
      SubmissionsQueue: 'SubmitDashrunLambdaFunction',
      PollsQueue: 'PollDashrunLambdaFunction',
      AlarmsQueue: 'ReceiveDashalarmLambdaFunction',
      SubmissionsDeadLetters: 'BuryDashmessageLambdaFunction',
      PollsDeadLetters: 'BuryDashmessageLambdaFunction',
      AlarmDeadLetters: 'BuryDashmessageLambdaFunction',
    })
    expect(readBy).toHaveLength(6)
  })

  test('of dead letters are known to bury-message, each with its sender', () => {
    const variables = byName('bury-message')?.Environment.Variables
    expect(variables).toMatchObject({
      SUBMISSIONS_DEAD_LETTERS_ARN: { 'Fn::GetAtt': ['SubmissionsDeadLetters', 'Arn'] },
      POLLS_DEAD_LETTERS_ARN: { 'Fn::GetAtt': ['PollsDeadLetters', 'Arn'] },
      ALARMS_DEAD_LETTERS_ARN: { 'Fn::GetAtt': ['AlarmDeadLetters', 'Arn'] },
    })
  })

  test.for([
    ['api', 'sqs:SendMessage', ['SubmissionsQueue', 'PollsQueue', 'AlarmsQueue']],
    ['receive-alarm', 'sqs:SendMessage', ['SubmissionsQueue', 'PollsQueue', 'AlarmDeadLetters']],
    ['receive-alarm', 'sqs:ReceiveMessage', ['AlarmsQueue']],
    // poll-run follows a run that joined another, and submits it if it is alone again.
    ['poll-run', 'sqs:SendMessage', ['SubmissionsQueue', 'PollsQueue']],
    ['submit-run', 'sqs:SendMessage', ['SubmissionsQueue', 'PollsQueue']],
    ['sweep-runs', 'sqs:SendMessage', ['SubmissionsQueue', 'PollsQueue']],
    ['receive-webhook', 'sqs:SendMessage', ['SubmissionsQueue', 'PollsQueue', 'AlarmsQueue']],
    ['bury-message', 'sqs:ReceiveMessage', ['SubmissionsDeadLetters', 'PollsDeadLetters', 'AlarmDeadLetters']],
  ] as const)('%s may %s: %j', ([name, action, expected]) => {
    const fn = byName(name)
    const allowed = fn ? statementsOf(fn).filter(({ Action }) => Action.includes(action)) : []
    expect(allowed.flatMap(({ Resource }) => [Resource].flat()).map((arn) => Arn.parse(arn))).toEqual(expected)
  })
})

test.for(['api', 'receive-alarm', 'receive-webhook', 'submit-run', 'poll-run', 'sweep-runs'])(
  '%s, which may end a run, may list the runs that joined it',
  (name) => {
    const fn = byName(name)
    const listing = fn ? statementsOf(fn).filter(({ Action }) => Action.includes('dynamodb:Query')) : []
    expect(JSON.stringify(listing.map(({ Resource }) => Resource))).toContain('/index/listed')
  },
)

test('every function on a cycle of queues may recurse, and no other', () => {
  const consumerOf = new Map(mappings.map(({ EventSourceArn, FunctionName }) => [EventSourceArn, FunctionName]))
  const next = (id: string): string[] => {
    const fn = functions.get(id)
    const sends = fn ? statementsOf(fn).filter(({ Action }) => Action.includes('sqs:SendMessage')) : []
    return sends.flatMap(({ Resource }) => [Resource].flat()).flatMap((arn) => consumerOf.get(Arn.parse(arn)) ?? [])
  }
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    next(from).some((id) => id === to || (!seen.has(id) && reaches(id, to, seen.add(id))))
  const onACycle = [...functions.keys()].filter((id) => reaches(id, id))
  const allowed = [...functions].flatMap(([id, fn]) => (fn.RecursiveLoop === 'Allow' ? [id] : []))
  expect(onACycle.length).toBe(2)
  expect(allowed).toEqual(onACycle)
})

describe('permissions', () => {
  test('name exact actions on exact resources', () => {
    for (const fn of functions.values()) {
      for (const { Effect, Action, Resource } of statementsOf(fn)) {
        expect(Effect).toBe('Allow')
        expect(Action.filter((action) => action.includes('*'))).toEqual([])
        // The streams of a function's own log group are the only wildcard.
        const text = JSON.stringify(Resource).replace(`:log-group:/aws/lambda/${fn.FunctionName}:*`, '')
        expect(text).not.toContain('*')
      }
    }
  })

  test.for([
    [
      'api',
      [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'secretsmanager:GetSecretValue',
        'sns:Publish',
        'sqs:SendMessage',
      ],
    ],
    [
      'receive-alarm',
      [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'sns:Publish',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
        'sqs:SendMessage',
      ],
    ],
    [
      'receive-webhook',
      [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'secretsmanager:GetSecretValue',
        'sns:Publish',
        'sqs:SendMessage',
      ],
    ],
    [
      'bury-message',
      [
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'sns:Publish',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
      ],
    ],
  ] as const)('of %s are %j', ([name, expected]) => {
    const fn = byName(name)
    const actions = fn ? statementsOf(fn).flatMap(({ Action }) => Action) : []
    expect([...new Set(actions.filter((action) => !action.startsWith('logs:')))].sort()).toEqual(expected)
  })
})

test('routes require IAM, except health, pages and the signed webhooks', () => {
  const routes = ofType('AWS::ApiGatewayV2::Route').map(([, { RouteKey, AuthorizationType }]) => [
    RouteKey,
    AuthorizationType,
  ])
  const reads = routes.filter(([key]) => String(key).startsWith('GET '))
  const heads = routes.filter(([key]) => String(key).startsWith('HEAD '))
  expect(heads).toEqual(reads.map(([key, type]) => [String(key).replace('GET', 'HEAD'), type]))
  expect(Object.fromEntries(routes.filter((route) => !heads.includes(route)))).toStrictEqual({
    'POST /runs': 'AWS_IAM',
    'GET /runs': 'AWS_IAM',
    'GET /runs/{id}': 'AWS_IAM',
    'POST /runs/{id}/cancel': 'AWS_IAM',
    'POST /batches': 'AWS_IAM',
    'GET /batches/{id}': 'AWS_IAM',
    'POST /plans': 'AWS_IAM',
    'POST /batch-plans': 'AWS_IAM',
    'GET /episodes': 'AWS_IAM',
    'GET /episodes/{id}': 'AWS_IAM',
    'GET /limits': 'AWS_IAM',
    'POST /limits/{cloud}/{service}/{id}/clear': 'AWS_IAM',
    'POST /limits/rule/{name}/clear': 'AWS_IAM',
    'GET /groups': 'AWS_IAM',
    'POST /groups/{name}/resume': 'AWS_IAM',
    'GET /rules': 'AWS_IAM',
    'POST /rules/{name}/arm': 'AWS_IAM',
    'POST /pauses': 'AWS_IAM',
    'GET /pauses': 'AWS_IAM',
    'DELETE /pauses/{id}': 'AWS_IAM',
    'GET /dead-letters': 'AWS_IAM',
    'POST /dead-letters/{id}/resend': 'AWS_IAM',
    'GET /deliveries': 'AWS_IAM',
    'GET /deliveries/{id}': 'AWS_IAM',
    'GET /unauthentic-deliveries': 'AWS_IAM',
    'GET /operations': 'AWS_IAM',
    'GET /openapi.json': 'AWS_IAM',
    'GET /problems/{name}': undefined,
    'GET /schemas/{name}': undefined,
    'GET /health': undefined,
    $default: 'AWS_IAM',
    'POST /webhooks/{source}': undefined,
    'GET /webhooks/{source}': undefined,
    'ANY /webhooks/{source}': undefined,
  })
})

test('an alarm that cannot be delivered ends in a queue that is read', () => {
  const configs = ofType('AWS::Lambda::EventInvokeConfig').map(([, properties]) => properties)
  expect(configs).toContainEqual(
    expect.objectContaining({
      FunctionName: { Ref: 'ReceiveDashalarmLambdaFunction' },
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['AlarmDeadLetters', 'Arn'] } } },
    }),
  )
  const targets = ofType('AWS::Events::Rule').flatMap(([, { EventPattern, Targets }]) =>
    EventPattern ? [Targets] : [],
  )
  expect(targets.flat()).toMatchObject([{ DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['AlarmDeadLetters', 'Arn'] } } }])
  expect(ofType('AWS::SNS::Subscription').map(([, properties]) => properties)).toEqual([
    {
      TopicArn: { Ref: 'AlarmsTopic' },
      Protocol: 'lambda',
      Endpoint: { 'Fn::GetAtt': ['ReceiveDashalarmLambdaFunction', 'Arn'] },
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['AlarmDeadLetters', 'Arn'] } },
    },
  ])
})

test('one policy lets EventBridge and SNS send to the dead letters of alarms: a second would replace it', () => {
  const Policy = z.object({
    Queues: z.array(z.object({ Ref: z.string() })),
    PolicyDocument: z.object({ Statement: z.array(z.record(z.string(), z.unknown())) }),
  })
  const policies = ofType('AWS::SQS::QueuePolicy').map(([, properties]) => Policy.parse(properties))
  expect(policies.flatMap(({ Queues }) => Queues)).toEqual([{ Ref: 'AlarmDeadLetters' }])
  const letIn = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['AlarmDeadLetters', 'Arn'] } }
  expect(policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toEqual([
    {
      ...letIn,
      Principal: { Service: 'events.amazonaws.com' },
      Condition: {
        ArnEquals: {
          'aws:SourceArn': { 'Fn::Sub': expect.stringMatching(/:rule\/steadyhand-dev-receive-alarm-rule-1$/) },
        },
      },
    },
    {
      ...letIn,
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': { Ref: 'AlarmsTopic' } } },
    },
  ])
})

test('only alarms of this account may name the topic or the function as their action', () => {
  const [topicPolicy] = ofType('AWS::SNS::TopicPolicy').map(([, properties]) => properties)
  expect(topicPolicy).toEqual({
    Topics: [{ Ref: 'AlarmsTopic' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: { Ref: 'AlarmsTopic' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: { Ref: 'AlarmsTopic' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  })
  const FunctionName = { 'Fn::GetAtt': ['ReceiveDashalarmLambdaFunction', 'Arn'] }
  const Action = 'lambda:InvokeFunction'
  const permissions = ofType('AWS::Lambda::Permission')
    .map(([, properties]) => properties)
    .filter((one) => JSON.stringify(one.FunctionName) === JSON.stringify(FunctionName))
  expect(permissions).toEqual([
    { FunctionName, Action, Principal: 'sns.amazonaws.com', SourceArn: { Ref: 'AlarmsTopic' } },
    { FunctionName, Action, Principal: 'events.amazonaws.com', SourceArn: expect.anything() },
    {
      FunctionName,
      Action,
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    },
  ])
})

test('the stack outputs both', () => {
  expect(outputs).toMatchObject({
    AlarmsTopicArn: { Value: { Ref: 'AlarmsTopic' } },
    ReceiveAlarmFunctionArn: { Value: { 'Fn::GetAtt': ['ReceiveDashalarmLambdaFunction', 'Arn'] } },
  })
})

test.for(['RunsTableName', 'NotificationsTopicArn', 'AlarmsTopicArn', 'ReceiveAlarmFunctionArn'])(
  'the output %s is exported under its own name, by stage',
  (name) => {
    expect(outputs[name]).toMatchObject({ Export: { Name: `steadyhand-dev-${name}` } })
  },
)

test('alarm state changes reach receive-alarm, and the sweeper runs every minute', () => {
  const rules = ofType('AWS::Events::Rule').map(([, properties]) => properties)
  expect(rules).toMatchObject([
    { ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' },
    {
      EventPattern: {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change'],
      },
      State: 'ENABLED',
    },
  ])
})

test('the function of a request times out a little before the HTTP API', () => {
  const integrations = ofType('AWS::ApiGatewayV2::Integration').map(([, { TimeoutInMillis }]) => TimeoutInMillis)
  expect([byName('api')?.Timeout, ...integrations]).toEqual([29, 30_000, 30_000])
})

test('requests are throttled before they reach a function', () => {
  expect(ofType('AWS::ApiGatewayV2::Stage')).toMatchObject([
    ['HttpApiStage', { DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 } }],
  ])
})

test('the table has the sparse index of due runs, and survives the stack', () => {
  const [table] = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table')
  expect(table?.[1].Properties.GlobalSecondaryIndexes).toContainEqual({
    IndexName: 'swept',
    KeySchema: [
      { AttributeName: 'dueShard', KeyType: 'HASH' },
      { AttributeName: 'dueAt', KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: 'KEYS_ONLY' },
  })
  expect(table?.[1]).toMatchObject({
    Properties: { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
  })
  expect(readFileSync(`${ROOT}/.serverless/cloudformation-template-update-stack.json`, 'utf8')).toContain(
    '"DeletionPolicy": "Retain"',
  )
})
