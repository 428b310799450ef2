import { parentPort, workerData } from 'node:worker_threads'
import { clockOf } from '../clock.ts'
import type { SandboxData, SandboxReply, SandboxRequest } from './sandbox-messages.ts'
import { setClock } from './set-clock.ts'

// The thread behind one sandbox: loads the handler once, then answers one invocation after the other.

// Passed by sandbox.ts, which is the only one to start this file.
const data = workerData as SandboxData
const realNowMs = Date.now
if (data.pace.speed !== 1) setClock(clockOf(data.pace, realNowMs))
const reply = (message: SandboxReply) => parentPort?.postMessage(message)

// The bundles come with source maps: a stack then names the lines of the sources.
process.setSourceMapsEnabled(true)

const module: Record<string, unknown> = await import(data.file)
const handler = module[data.exportName]
if (typeof handler !== 'function') throw new Error(`${data.file} exports no function ${data.exportName}`)

parentPort?.on('message', async (request: SandboxRequest) => {
  const before = process.threadCpuUsage()
  try {
    const result = await handler(JSON.parse(request.event), contextOf(request))
    // JSON.stringify gives undefined for undefined, whatever its declared type says.
    reply({ type: 'result', result: JSON.stringify(result) as string | undefined })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) }
    console.error(error)
    reply({ type: 'error', errorType: name, message })
  }
  if (process.env.REPORT_CPU) reportCpu(process.threadCpuUsage(before))
})
reply({ type: 'ready' })

/** In microseconds: what an invocation computed. */
function reportCpu({ user, system }: NodeJS.CpuUsage): void {
  console.log(`cpu ${user + system}`)
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf({ requestId, deadlineMs }: SandboxRequest) {
  return {
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMb),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    // Of its clock, though time-outs are the machine's: how long work takes does not shrink with the time.
    getRemainingTimeInMillis: () => Math.max(0, (deadlineMs - realNowMs()) * data.pace.speed),
  }
}
