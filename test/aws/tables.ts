import { readFileSync } from 'node:fs'
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { parse } from 'yaml'
import * as z from 'zod'
import type { Step } from '../../lib/aws/store/layout.ts'
import { startDynamo } from '../deployed/emulators/dynamo.ts'
import { readTemplate } from '../deployed/template/template.ts'

const ROOT = `${import.meta.dirname}/../..`
const TEMPLATE = `${ROOT}/.serverless/cloudformation-template-update-stack.json`

const Keys = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }))
const TableStep = z.object({
  indexes: z.array(z.looseObject({ IndexName: z.string(), KeySchema: Keys })),
  keys: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
})

/** What serverless.yml deploys at each step of the upgrade of a table. */
export function tableSteps(): Record<Step, z.infer<typeof TableStep>> {
  const customTags = ['Ref', 'GetAtt', 'Sub'].map((name) => ({ tag: `!${name}`, resolve: (value: string) => value }))
  const page = parse(readFileSync(`${ROOT}/serverless.yml`, 'utf8'), { customTags, merge: true })
  return z.record(z.enum(['1', '2', '3', '4']), TableStep).parse(page.custom.tableSteps)
}

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

export interface Tables {
  endpoint: string
  client: DynamoDBClient
  /** Makes a table as the template deploys it at a step of its upgrade, the last unless given, and returns its name. */
  create(step?: Step): Promise<string>
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
    create: async (step) => {
      const table = `runs-${count++}`
      const { indexes, keys } = tableSteps()[step ?? '4']
      const given = step ? { GlobalSecondaryIndexes: indexes, AttributeDefinitions: keys } : {}
      const input = { ...template.tables[0]?.create, ...given, TableName: table }
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
