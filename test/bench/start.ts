import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { CONFIG } from '../../lib/aws/config.ts'
import { checkedRulesText } from '../../lib/rules/checked-rules.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { bundle, plainBundle } from './bundles.ts'
import { numberFrom } from './child.ts'
import { inTurns, line, type Measured } from './measure.ts'
import { withFolder } from './place.ts'

const REPEATS = 21

/** Computing counts, not the clock: other work on the machine slows a start, and makes it compute little more. */
const LOADER = `
  const before = process.cpuUsage()
  await import(process.argv[2])
  const { user, system } = process.cpuUsage(before)
  console.log((user + system) / 1000)
  process.exit()`

/** The least that a function of a queue does: it makes a client. */
const BARE = `
  import { SQSClient } from '@aws-sdk/client-sqs'
  const client = new SQSClient({})
  export const handler = async () => client`

/** The functions of each message of a queue. Others are called once for a run, or have more to do. */
const TARGETS: Readonly<Record<string, number>> = { 'submit-run': 1.4, 'poll-run': 1.4 }

/** What a cold start of each function computes, beside a bare handler that esbuild bundles without our plugins. */
export async function start(): Promise<Measured> {
  return withFolder(async (folder) => {
    const loader = join(folder, 'loader.mjs')
    writeFileSync(loader, LOADER)
    const env = environment(folder)
    const bare = await plainBundle(folder, 'bare', BARE)
    const lean = await bundle(folder, 'lean', BARE)
    const names = Object.keys(CONFIG)
    const own = await Promise.all(
      names.map((name) => bundle(folder, name, `export { handler } from '../../functions/${name}.ts'`)),
    )
    const all = { bare, 'bare, bundled as ours': lean, ...Object.fromEntries(names.map((name, at) => [name, own[at]])) }
    const contestants = Object.entries(all).map(([name, { file = '' } = {}]) => [
      name,
      () => numberFrom(loader, [file], env),
    ])
    const ms = await inTurns<string>(REPEATS, Object.fromEntries(contestants))
    return {
      heading: `start: computing to load a function, beside a bare handler with @aws-sdk/client-sqs, medians of ${REPEATS}`,
      lines: Object.entries(all).map(([name, { file = '' } = {}]) =>
        line(`${name} (${zippedKb(file)} KB zipped)`, ms[name] ?? Number.NaN, 'ms'),
      ),
      ratios: names.map((name) => ({
        ...{ name: `start.cpu.${name}`, ours: ms[name] ?? Number.NaN, theirs: ms.bare ?? Number.NaN, unit: 'ms' },
        target: TARGETS[name] ?? 2,
      })),
    }
  })
}

/** As Lambda sets it, and the template. */
function environment(folder: string): Record<string, string> {
  const rulesFile = join(folder, 'rules.json')
  const samples = new URL('../../events/sample-rules.yml', import.meta.url)
  writeFileSync(rulesFile, checkedRulesText(parseRules(readFileSync(samples, 'utf8'), samples.pathname)))
  const queue = 'https://sqs.eu-west-1.amazonaws.com/1/queue'
  const arn = 'arn:aws:sqs:eu-west-1:1:queue'
  return {
    ...{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' },
    ...{ SUBMISSIONS_QUEUE_URL: queue, POLLS_QUEUE_URL: queue, ALARMS_QUEUE_URL: queue, RUNS_TABLE: 'runs' },
    ...{ SUBMISSIONS_DEAD_LETTERS_ARN: arn, POLLS_DEAD_LETTERS_ARN: arn, ALARMS_DEAD_LETTERS_ARN: arn },
    ...{ NOTIFICATIONS_TOPIC_ARN: 'arn:aws:sns:eu-west-1:1:topic', EVENT_SOURCE: 'urn:steadyhand:1:eu-west-1:bench' },
    ...{ PUBLIC_URL: 'https://ops.example.com', HUAWEICLOUD_REGION: 'cn-north-4', RULES_FILE: rulesFile },
    ...{ TENCENTCLOUD_REGION: 'ap-guangzhou', CREDENTIALS_SECRET: 'steadyhand/bench' },
  }
}

function zippedKb(file: string): string {
  return (deflateRawSync(readFileSync(file)).length / 1000).toFixed(0)
}
