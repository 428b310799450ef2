import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../runs/ports.ts'
import { CLIENT_TIMEOUTS } from './client-timeouts.ts'
import { deadLetterStore } from './store/dead-letters.ts'
import { deliveryStore } from './store/deliveries.ts'
import { documentStore } from './store/documents.ts'
import { durationStore } from './store/durations.ts'
import { FINAL, type Layout } from './store/layout.ts'
import { leaseStore } from './store/leases.ts'
import { runStore } from './store/runs.ts'

/** A client that takes records as plain objects, and leaves out undefined fields. */
export function documents(client = new DynamoDBClient(CLIENT_TIMEOUTS)): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
}

/** All records in one table. Writes are conditional on single items; reads by id are strongly consistent. */
export function dynamoStore(
  name: string,
  db: Pick<DynamoDBDocumentClient, 'send'> = documents(),
  layout: Layout = FINAL,
): Store {
  const table = { name, db, layout }
  return {
    ...runStore(table),
    ...leaseStore(table),
    ...deadLetterStore(table),
    ...deliveryStore(table),
    ...durationStore(table),
    ...documentStore(table),
  }
}
