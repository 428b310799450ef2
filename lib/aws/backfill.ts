import { parseArgs } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CLIENT_TIMEOUTS } from './client-timeouts.ts'
import { backfill } from './store/backfill.ts'
import { documents } from './store.ts'

/** `npm run backfill -- --table NAME --region REGION`: README, "Upgrade a table". Credentials are those of the AWS SDK. */
const { table = '', region = '' } = parseArgs({
  options: { table: { type: 'string' }, region: { type: 'string' } },
}).values
if (!table || !region)
  throw new Error('name the table and its region: npm run backfill -- --table NAME --region REGION')
const db = documents(new DynamoDBClient({ ...CLIENT_TIMEOUTS, region }))
const { written, unreadable } = await backfill({ name: table, db })
console.log(`${written} records written. Run it again until there is none`)
if (unreadable.length > 0)
  console.log(`${unreadable.length} cannot be read, and are in no list: ${unreadable.join(', ')}`)
