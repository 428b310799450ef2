import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { printable, printableLines } from './printable.ts'
import { bearer, deliveryOf } from './send/delivery.ts'
import { getJson, type HttpAnswer, post } from './send/post.ts'
import { recipientOf } from './send/recipient.ts'
import { answerLines, resultLine, sentLine } from './send/report.ts'
import { resultsOf, runOf } from './send/result.ts'
import { fileOf, listSamples, type Sample, SENDERS, sampleOf } from './send/samples.ts'

/** `npm run send -- <sample or file>`: sends a sample of `events/`, or a file, as its source would now. */

const USAGE = `npm run send -- <sample> [--times N] [--to URL]
npm run send -- <file> --source NAME [--times N] [--to URL]
  --source NAME   the sender of the file: ${SENDERS.join(', ')}
  --times N       send the same delivery N times: the first alone, the others at once (1)
  --to URL        another instance (default: the one of npm start on this machine)
`

/** More would be a load test, not a demonstration. */
const MAX_TIMES = 1000

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  console.error(printableLines(error instanceof Error ? error.message : String(error)))
  process.exitCode = 1
}

/** @returns whether every answer was a 2xx */
async function main(args: string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args,
    options: { times: { type: 'string', default: '1' }, to: { type: 'string' }, source: { type: 'string' } },
    allowPositionals: true,
  })
  const samples = listSamples(process.cwd())
  const [given, ...others] = positionals
  if (given === undefined || others.length > 0) {
    console.log(`${USAGE}\nThe samples:\n${samples.map((sample) => `  ${sample}`).join('\n')}`)
    return given === undefined
  }
  const times = Number(values.times)
  if (!Number.isInteger(times) || times < 1 || times > MAX_TIMES) {
    throw new Error(`--times takes a whole number from 1 to ${MAX_TIMES}, not ${JSON.stringify(values.times)}`)
  }
  const sample = values.source === undefined ? sampleOf(samples, given) : fileOf(given, values.source)
  return send(sample, { times, to: values.to })
}

async function send(sample: Sample, { times, to }: { times: number; to: string | undefined }): Promise<boolean> {
  const environment = process.env
  const recipient = recipientOf(to, environment)
  const nowMs = Date.now()
  const delivery = deliveryOf({ sample, recipient, environment, nowMs, id: `msg_${randomUUID()}` })
  console.log(sentLine(sample.file, delivery, times))

  const first = await post(delivery)
  const answers = [first, ...(await Promise.all(Array.from({ length: times - 1 }, () => post(delivery))))]
  for (const line of answerLines(answers)) console.log(line)
  if (answers.some(isGood)) {
    const headers = bearer(recipient, environment)
    const ask = (path: string): Promise<unknown> => getJson(`${recipient.base}${path}`, headers)
    const answered = answers.find(isGood)?.body ?? ''
    const results = await resultsOf(answered, { source: delivery.source, sinceMs: nowMs, ask })
    for (const result of results ?? []) console.log(resultLine(result))
    if (!results) console.log('  the log has the result')
    for (const id of new Set(results?.flatMap(({ runIds = [] }) => runIds))) {
      const run = await runOf(id, ask)
      if (run) console.log(printable(`${id}  ${run.operation}  ${run.state}`))
    }
  }
  return answers.every(isGood)
}

function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status <= 299
}
