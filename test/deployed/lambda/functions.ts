import type { Pace } from '../clock.ts'
import type { Aws } from '../emulators/aws.ts'
import type { Attributes } from '../emulators/resources.ts'
import { resolveIntrinsics } from '../template/intrinsics.ts'
import type { LambdaFunction } from '../template/model.ts'
import { FunctionError } from './function-error.ts'
import { sandboxPool } from './sandbox-pool.ts'

/** One line that a function or the harness itself (`deployed`) wrote. */
export interface LogLine {
  from: string
  text: string
}

/**
 * Runs a function, by its logical id or its name, and gives its result as JSON gives it. Rejects with a FunctionError.
 * @param waits it takes its time, and keeps no other waiting
 */
export type Invoke = (functionId: string, event: unknown, waits?: boolean) => Promise<unknown>

export interface FunctionsOptions {
  root: string
  aws: Aws
  attributes: Attributes
  /** Set in every function, over what the template says. */
  env: Record<string, string>
  pace: Pace
  maxSandboxes: number
  onLog: (line: LogLine) => void
}

/** A pool of sandboxes for each function of the template, each with the environment that the template gives it. */
export function startFunctions(functions: LambdaFunction[], options: FunctionsOptions) {
  const { root, attributes, pace, maxSandboxes, onLog } = options
  const pools = functions.map((lambda) => {
    const { id, name, handler, timeoutSeconds, memoryMb } = lambda
    const env = environmentOf(lambda, options)
    const arn = attributes.get(`${id}.Arn`) ?? name
    const onLine = (text: string) => onLog({ from: name, text })
    const sandbox = { root, name, arn, handler, timeoutSeconds, memoryMb, env, pace, onLine }
    return { id, name, pool: sandboxPool(sandbox, maxSandboxes) }
  })
  const byName = new Map(pools.flatMap(({ id, name, pool }) => [[id, pool] as const, [name, pool] as const]))
  const invoke: Invoke = async (functionId, event, waits = false) => {
    const pool = byName.get(functionId)
    if (!pool) throw new FunctionError('failed', functionId, 'no such function', 'ResourceNotFoundException')
    return pool.invoke(event, { waits })
  }
  return {
    invoke,
    /** Ends all that run. */
    close: async () => {
      await Promise.all(pools.map(({ pool }) => pool.close()))
    },
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function environmentOf(lambda: LambdaFunction, { root, aws, attributes, env }: FunctionsOptions) {
  const { endpoints, region, credentials } = aws
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
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
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
