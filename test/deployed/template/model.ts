import { functionsOf } from './functions.ts'
import { rateMs } from './rate.ts'
import { type Document, idIn, parametersOf, reader } from './reader.ts'
import {
  ApiProperties,
  MappingProperties,
  PermissionProperties,
  QueueProperties,
  RuleProperties,
  SubscriptionProperties,
  TableProperties,
  TopicProperties,
} from './resources.ts'
import { routesOf } from './routes.ts'

/** What the runtime runs. Every `id`, `queue`, `topic` and `function` is a logical id of the template. */
export type Template = ReturnType<typeof modelOf>
export type LambdaFunction = Template['functions'][number]
export type Queue = Template['queues'][number]
export type Table = Template['tables'][number]
export type Mapping = Template['mappings'][number]
export type Route = Template['routes'][number]
export type Rule = Template['rules'][number]
export type Schedule = Template['schedules'][number]

/** Resource types that the runtime has no use for are left out. Throws, naming the resource, on what it cannot run. */
export function modelOf(document: Document) {
  return {
    parameters: parametersOf(document),
    functions: functionsOf(document),
    queues: queuesOf(document),
    topics: topicsOf(document),
    tables: tablesOf(document),
    mappings: mappingsOf(document),
    apis: reader(document)('AWS::ApiGatewayV2::Api', ApiProperties).map(({ id }) => id),
    routes: routesOf(document),
    ...rulesOf(document),
    subscriptions: subscriptionsOf(document),
    alarmActions: alarmActionsOf(document),
  }
}

function queuesOf(document: Document) {
  return reader(document)('AWS::SQS::Queue', QueueProperties).map((properties) => {
    const { id, QueueName, VisibilityTimeout, RedrivePolicy, ...rest } = properties
    return {
      id,
      name: QueueName ?? id,
      visibilitySeconds: VisibilityTimeout,
      attributes: textual(rest),
      redrive: RedrivePolicy && {
        queue: idIn(RedrivePolicy.deadLetterTargetArn, id),
        maxReceiveCount: RedrivePolicy.maxReceiveCount,
      },
    }
  })
}

function topicsOf(document: Document) {
  const topics = reader(document)('AWS::SNS::Topic', TopicProperties)
  return topics.map(({ id, TopicName }) => ({ id, name: TopicName ?? id }))
}

function tablesOf(document: Document) {
  const tables = reader(document)('AWS::DynamoDB::Table', TableProperties)
  return tables.map(({ id, ...table }) => ({ id, create: { ...table, TableName: table.TableName ?? id } }))
}

function mappingsOf(document: Document) {
  return reader(document)('AWS::Lambda::EventSourceMapping', MappingProperties).map((mapping) => ({
    id: mapping.id,
    queue: idIn(mapping.EventSourceArn, mapping.id),
    function: idIn(mapping.FunctionName, mapping.id),
    batchSize: mapping.BatchSize,
    reportsItemFailures: mapping.FunctionResponseTypes.length > 0,
    maximumConcurrency: mapping.ScalingConfig.MaximumConcurrency,
    enabled: mapping.Enabled,
  }))
}

function rulesOf(document: Document) {
  const enabled = reader(document)('AWS::Events::Rule', RuleProperties).filter(({ State }) => State !== 'DISABLED')
  const targets = enabled.flatMap(({ id, EventPattern, ScheduleExpression, Targets }) =>
    Targets.map(({ Arn, Input }) => ({
      pattern: EventPattern,
      expression: ScheduleExpression,
      target: { id, function: idIn(Arn, id), input: Input },
    })),
  )
  return {
    rules: targets.flatMap(({ pattern, target }) => (pattern ? [{ ...target, pattern }] : [])),
    schedules: targets.flatMap(({ expression, target }) =>
      expression ? [{ ...target, everyMs: rateMs(expression, target.id) }] : [],
    ),
  }
}

function subscriptionsOf(document: Document) {
  const subscriptions = reader(document)('AWS::SNS::Subscription', SubscriptionProperties)
  return subscriptions
    .filter(({ Protocol }) => Protocol === 'lambda')
    .map(({ id, TopicArn, Endpoint, FilterPolicy, FilterPolicyScope }) => ({
      id,
      topic: idIn(TopicArn, id),
      function: idIn(Endpoint, id),
      attributes: textual({ FilterPolicy: FilterPolicy && JSON.stringify(FilterPolicy), FilterPolicyScope }),
    }))
}

/** The functions that an alarm of CloudWatch may name as its action. */
function alarmActionsOf(document: Document): string[] {
  return reader(document)('AWS::Lambda::Permission', PermissionProperties)
    .filter(({ Principal }) => Principal === 'lambda.alarms.cloudwatch.amazonaws.com')
    .map(({ id, FunctionName }) => idIn(FunctionName, id))
}

function textual(values: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}
