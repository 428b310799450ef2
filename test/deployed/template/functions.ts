import { type Document, idIn, reader } from './reader.ts'
import { EventInvokeConfigProperties, FunctionEnvironment, FunctionProperties } from './resources.ts'

/** The Lambda functions of a template, with their environment not yet resolved. */
export function functionsOf(document: Document) {
  const of = reader(document)
  const configs = of('AWS::Lambda::EventInvokeConfig', EventInvokeConfigProperties)
  return of('AWS::Lambda::Function', FunctionProperties).map((properties) => {
    const { id } = properties
    const config = configs.find(({ FunctionName }) => idIn(FunctionName, id) === id)
    const destination = config?.DestinationConfig?.OnFailure?.Destination
    const environment = FunctionEnvironment.parse(document.Resources[id]?.Properties).Environment
    return {
      id,
      name: properties.FunctionName ?? id,
      handler: properties.Handler,
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      environment: environment?.Variables ?? {},
      // Lambda repeats a failed asynchronous invocation twice unless told otherwise.
      asyncRetries: config?.MaximumRetryAttempts ?? 2,
      failureQueue: destination === undefined ? undefined : idIn(destination, id),
    }
  })
}
