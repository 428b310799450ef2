import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { startDynamo } from '../deployed/emulators/dynamo.ts'
import { readTemplate } from '../deployed/template/template.ts'

const TEMPLATE = `${import.meta.dirname}/../../.serverless/cloudformation-template-update-stack.json`

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

export interface Tables {
  endpoint: string
  client: DynamoDBClient
  /** Makes a table as the template deploys it, and returns its name. */
  create(): Promise<string>
  stop(): void
}

/** DynamoDB, emulated in memory. */
export async function startTables(): Promise<Tables> {
  const template = readTemplate(TEMPLATE)
  const { origin: endpoint, close } = await startDynamo()
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS })
  let count = 0
  return {
    endpoint,
    client,
    create: async () => {
      const table = `runs-${count++}`
      const input = { ...template.tables[0]?.create, TableName: table }
      await client.send(new CreateTableCommand(input as never)) // checked by the template's reader
      await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 0.01, maxDelay: 0.1 }, { TableName: table })
      return table
    },
    stop: () => {
      client.destroy()
      void close()
    },
  }
}
