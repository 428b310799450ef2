import { type Endpoints, LOCAL_CREDENTIALS } from '../emulators/clients.ts'
import type { Attributes } from '../emulators/resources.ts'
import { LOCAL_REGION, resolveIntrinsics } from '../template/intrinsics.ts'
import type { LambdaFunction } from '../template/model.ts'
import { FunctionError } from './function-error.ts'
import { sandboxPool } from './sandbox-pool.ts'

/** One line that a function or the runtime itself (`standalone`) wrote. */
export type LogLine = { from: string; text: string }

/** Runs a function, by its logical id or its name, and gives its result as JSON gives it. Rejects with a FunctionError. */
export type Invoke = (functionId: string, event: unknown) => Promise<unknown>

export type FunctionsOptions = {
  root: string
  endpoints: Endpoints
  attributes: Attributes
  /** Set in every function, over what the template says. */
  env: Record<string, string>
  maxSandboxes: number
  /** Beside those, for invocations that wait for something. */
  maxWaiting: number
  onLog: (line: LogLine) => void
}

/** A pool of sandboxes for each function of the template, each with the environment that the template gives it. */
export function startFunctions(functions: LambdaFunction[], options: FunctionsOptions) {
  const { root, attributes, maxSandboxes, maxWaiting, onLog } = options
  const pools = functions.map(({ id, name, handler, timeoutSeconds, memoryMb, ...rest }) => {
    const env = environmentOf({ id, name, handler, timeoutSeconds, memoryMb, ...rest }, options)
    const arn = attributes.get(`${id}.Arn`) ?? name
    const onLine = (text: string) => onLog({ from: name, text })
    const sandbox = { root, name, arn, handler, timeoutSeconds, memoryMb, env, onLine }
    return { id, name, prompt: sandboxPool(sandbox, maxSandboxes), waiting: sandboxPool(sandbox, maxWaiting) }
  })
  const byName = new Map(pools.flatMap((one) => [[one.id, one] as const, [one.name, one] as const]))
  const invokeBy =
    (kind: 'prompt' | 'waiting'): Invoke =>
    async (functionId, event) => {
      const found = byName.get(functionId)
      if (!found) throw new FunctionError('failed', functionId, 'no such function', 'ResourceNotFoundException')
      return found[kind].invoke(event)
    }
  return {
    invoke: invokeBy('prompt'),
    /** In sandboxes of their own, so that what takes its time keeps nothing else waiting. */
    invokeWaiting: invokeBy('waiting'),
    async close(graceMs: number) {
      await Promise.all(pools.flatMap(({ prompt, waiting }) => [prompt.close(graceMs), waiting.close(graceMs)]))
    },
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function environmentOf(lambda: LambdaFunction, { root, endpoints, attributes, env }: FunctionsOptions) {
  const resolved = resolveIntrinsics(lambda.environment, (name) => attributes.get(name), lambda.id)
  return {
    TZ: ':UTC',
    _HANDLER: lambda.handler,
    LAMBDA_TASK_ROOT: root,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${lambda.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    ...plainValues(resolved),
    ...env,
  }
}

/** Without the values that only a deployment can fetch (`{{resolve:secretsmanager:…}}`): unset is honest, that text is not. */
function plainValues(variables: unknown): Record<string, string> {
  const entries = Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)] as const)
  return Object.fromEntries(entries.filter(([, value]) => !value.includes('{{resolve:')))
}
