import * as z from 'zod'

// The properties that are read of each resource type; zod drops all others. What would change the
// meaning if it were dropped is declared `z.undefined()`, so that it is refused instead.

// CloudFormation takes numbers and booleans as text too.
const Count = z.coerce.number().int()
const Flag = z.union([z.boolean(), z.stringbool()])
const refused = z.undefined({ error: 'is not supported' }).optional()

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
export const FunctionProperties = z.object({
  FunctionName: z.string().optional(),
  Handler: z.string(),
  Timeout: Count.default(3),
  MemorySize: Count.default(128),
  DeadLetterConfig: refused,
})

/** Kept apart: the environment is resolved only when the queues, topics and tables exist. */
export const FunctionEnvironment = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()).default({}) }).optional(),
})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html */
export const EventInvokeConfigProperties = z.object({
  FunctionName: z.string(),
  MaximumRetryAttempts: Count.optional(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }).optional() }).optional(),
})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html */
export const PermissionProperties = z.object({ FunctionName: z.string(), Principal: z.string() })

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html */
export const MappingProperties = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: Count.min(1).default(10),
  /** Not waited for: messages only come sooner, and in smaller batches. */
  MaximumBatchingWindowInSeconds: Count.max(300).optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: Count.min(2).optional() }).default({}),
  Enabled: Flag.default(true),
  FilterCriteria: refused,
})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html */
export const QueueProperties = z.object({
  QueueName: z.string().optional(),
  VisibilityTimeout: Count.default(30),
  DelaySeconds: Count.optional(),
  MessageRetentionPeriod: Count.optional(),
  MaximumMessageSize: Count.optional(),
  FifoQueue: refused,
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: Count }).optional(),
})

/** Of an HTTP API, only the name is of use. */
export const ApiProperties = z.object({})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html */
export const TopicProperties = z.object({ TopicName: z.string().optional(), FifoTopic: refused, Subscription: refused })

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html */
export const SubscriptionProperties = z.object({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  FilterPolicy: z.record(z.string(), z.unknown()).optional(),
  FilterPolicyScope: z.string().optional(),
})

const Key = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
const Projection = z.object({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).optional(),
})
const Throughput = z.object({ ReadCapacityUnits: Count, WriteCapacityUnits: Count })
const Index = z.object({
  IndexName: z.string(),
  KeySchema: Key,
  Projection,
  ProvisionedThroughput: Throughput.optional(),
})

/** What CreateTable of dynalite knows. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html */
export const TableProperties = z.object({
  TableName: z.string().optional(),
  BillingMode: z.enum(['PROVISIONED', 'PAY_PER_REQUEST']).optional(),
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: Key,
  ProvisionedThroughput: Throughput.optional(),
  GlobalSecondaryIndexes: z.array(Index).optional(),
  LocalSecondaryIndexes: z.array(Index.omit({ ProvisionedThroughput: true })).optional(),
})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html */
export const IntegrationProperties = z.object({
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  // 30 s is the most that an HTTP API waits, and the default.
  TimeoutInMillis: Count.max(30_000).default(30_000),
})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html */
export const RouteProperties = z.object({
  RouteKey: z.string().regex(/^(\$default|[A-Z]+ \/\S*)$/),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'AWS_IAM']).default('NONE'),
})

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
export const RuleProperties = z.object({
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.string().default('ENABLED'),
  Targets: z.array(
    z.object({ Arn: z.string(), Input: z.string().optional(), InputPath: refused, InputTransformer: refused }),
  ),
})
