/** Stands in for `@aws-sdk/client-dynamodb` in a simulation: what a store uses of it. */

import { ConditionFailed } from '../engine/table.ts'

export const ConditionalCheckFailedException = ConditionFailed

export class DynamoDBClient {}
