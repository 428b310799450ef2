import { randomUUID } from 'node:crypto'
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Attributes } from '../emulators/resources.ts'
import { pause } from '../queues/queue-reader.ts'
import type { LambdaFunction } from '../template/model.ts'
import { FunctionError } from './function-error.ts'
import type { Invoke } from './functions.ts'

export interface AsyncInvokeOptions {
  functions: LambdaFunction[]
  invoke: Invoke
  sqs: SQSClient
  attributes: Attributes
  /** Waits before the second and the third try. */
  retryDelaysMs: number[]
  onError: (error: unknown) => void
}

/** What the first try gave; false where it failed. */
export type FirstTry = { result: unknown } | false

/**
 * Asynchronous invocation as Lambda does it: the caller does not wait, a failure is repeated, and what still fails goes to the
 * function's failure queue if it has one, and is reported in any case.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function asyncInvoker(options: AsyncInvokeOptions) {
  const stop = new AbortController()
  const running = new Set<Promise<void>>()
  return {
    /** @returns what the first try gave. Until then, and where it did not, nothing but this process knows of the event */
    start(functionId: string, event: unknown): Promise<FirstTry> {
      const first = Promise.withResolvers<FirstTry>()
      const work: Promise<void> = invokeWithRetries(options, functionId, event, stop.signal, first.resolve)
        .catch(options.onError)
        .finally(() => {
          first.resolve(false)
          running.delete(work)
        })
      running.add(work)
      return first.promise
    },
    /** Gives up all repeats that wait; resolves when the invocations under way have ended. */
    async close(): Promise<void> {
      stop.abort()
      await Promise.all(running)
    },
  }
}

async function invokeWithRetries(
  options: AsyncInvokeOptions,
  functionId: string,
  event: unknown,
  signal: AbortSignal,
  onFirst: (first: FirstTry) => void,
): Promise<void> {
  const lambda = options.functions.find(({ id }) => id === functionId)
  const tries = 1 + Math.min(lambda?.asyncRetries ?? 0, options.retryDelaysMs.length)
  for (let attempt = 1; ; attempt++) {
    try {
      onFirst({ result: await options.invoke(functionId, event) })
      return
    } catch (error) {
      onFirst(false)
      if (signal.aborted || !(error instanceof FunctionError)) throw error
      if (attempt >= tries) {
        if (lambda) await keepFailure(options, lambda, event, error, attempt)
        throw error
      }
    }
    await pause(options.retryDelaysMs[attempt - 1] ?? 0, signal)
    if (signal.aborted) return
  }
}

async function keepFailure(
  { sqs, attributes }: AsyncInvokeOptions,
  { id, failureQueue }: LambdaFunction,
  event: unknown,
  error: FunctionError,
  attempts: number,
): Promise<void> {
  if (failureQueue === undefined) return
  const record = {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${attributes.get(`${id}.Arn`)}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: error.errorType, errorMessage: error.message },
  }
  const command = { QueueUrl: attributes.get(failureQueue), MessageBody: JSON.stringify(record) }
  await sqs.send(new SendMessageCommand(command))
}
