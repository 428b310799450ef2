import * as z from 'zod'
import { SEED_INSTANCES } from './clouds/dcs/seeds.ts'
import { type Machine, startMachine } from './machine.ts'

/** `npm start`: keeps Steadyhand running on this machine. */

const Ended = z.object({ type: z.string(), subject: z.string(), data: z.looseObject({ id: z.string().optional() }) })

try {
  const machine = await startMachine({
    root: process.cwd(),
    dataDir: process.env.DATA_DIR ?? '.steadyhand',
    port: z.coerce
      .number()
      .int()
      .min(0)
      .max(65_535)
      .parse(process.env.PORT ?? 3000),
    environment: process.env,
    onDelivery: ({ message, at }) => {
      const event = Ended.safeParse(JSON.parse(message)).data
      console.log(event ? `${at} ${event.type} ${event.subject} ${event.data.id ?? ''}` : `${at} ${message}`)
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void machine.close().then(() => process.exit(0)))
  }
  console.log(welcome(machine, process.env.DATA_DIR ?? '.steadyhand'))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

function welcome({ url, simulatedDcs }: Machine, dataDir: string): string {
  const cloud = simulatedDcs
    ? `No Huawei Cloud credentials are set: a simulated DCS answers at ${simulatedDcs.url}`
    : `Huawei Cloud: the account of HUAWEICLOUD_SDK_AK. What you send is carried out`
  const id = simulatedDcs ? SEED_INSTANCES[1]?.id : '<instance id>'
  const body = JSON.stringify({ operation: 'dcs.instance.swap', target: { instanceId: id }, reason: 'trying it out' })
  return `Steadyhand listens at ${url}; its data is in ${dataDir}
${cloud}

  curl -s ${url}/runs -H 'content-type: application/json' -d '${body}'
  curl -s ${url}/events -H 'content-type: application/json' -d @events/cloudwatch/redis-unresponsive.json
  curl -s ${url}/runs
`
}
