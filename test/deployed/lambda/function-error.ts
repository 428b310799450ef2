export type FunctionErrorKind = 'failed' | 'timeout' | 'crashed' | 'closed'

/**
 * An invocation that gave no result: the handler threw (`failed`), ran past its time-out (`timeout`), took its sandbox down
 * or never loaded (`crashed`), or the runtime was stopped (`closed`).
 */
export class FunctionError extends Error {
  readonly kind: FunctionErrorKind
  /** The name of the error that the handler threw, as Lambda reports it. */
  readonly errorType: string

  constructor(kind: FunctionErrorKind, functionName: string, message: string, errorType = 'Error') {
    super(`${functionName}: ${message}`)
    this.name = 'FunctionError'
    this.kind = kind
    this.errorType = errorType
  }
}
