import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { readersOf } from '../../lib/local/readers.ts'
import type { Ports } from '../../lib/runs/ports.ts'
import type { AlarmReceiver } from '../../lib/sources/alarm-events.ts'

/** The template that would be deployed. */
const FILE = `${import.meta.dirname}/../../.serverless/cloudformation-template-update-stack.json`
const Named = z
  .object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) })
  .transform((one) => one['Fn::GetAtt'][0])
const { Resources: resources } = z
  .object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown().optional() })) })
  .parse(JSON.parse(readFileSync(FILE, 'utf8')))
const Mapping = z.object({
  EventSourceArn: Named,
  FunctionName: Named,
  BatchSize: z.number(),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
})
const mappings = Object.values(resources)
  .filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping')
  .map(({ Properties }) => Mapping.parse(Properties))

const Timed = z.object({ Timeout: z.number() })
const Queue = z.object({ VisibilityTimeout: z.number() })

// Readers need these, but use none before a message arrives.
const readers = readersOf({} as Ports, {} as AlarmReceiver)

test.for([
  ['submissions', 'SubmissionsQueue', undefined],
  ['polls', 'PollsQueue', 200],
] as const)('%s are taken as on AWS: as many at once or %s, for as long', ([queue, id, atOnce]) => {
  const mapping = mappings.find(({ EventSourceArn }) => EventSourceArn === id)
  if (!mapping) throw new Error(`the template has no ${id}`)
  const { BatchSize, ScalingConfig: { MaximumConcurrency = 0 } = {}, FunctionName } = mapping
  expect(readers.find((reader) => reader.queue === queue)).toMatchObject({
    atOnce: atOnce ?? BatchSize * MaximumConcurrency,
    timeoutMs: Timed.parse(resources[FunctionName]?.Properties).Timeout * 1000,
    visibilityMs: Queue.parse(resources[id]?.Properties).VisibilityTimeout * 1000,
  })
})
