import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { readTemplate } from '../deployed/template/template.ts'

const TEMPLATE = `${import.meta.dirname}/../../.serverless/cloudformation-template-update-stack.json`

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

export interface Tables {
  endpoint: string
  client: DynamoDBClient
  /** Makes a table as it would be deployed. @returns its name */
  create(): Promise<string>
  stop(): void
}

/** DynamoDB, emulated in memory. */
export async function startTables(): Promise<Tables> {
  const template = readTemplate(TEMPLATE)
  const server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // listening on TCP
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
      server.close()
    },
  }
}
