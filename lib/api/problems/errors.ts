import type { Run } from '../../runs/run.ts'
import type { ProblemTypeName } from './types.ts'

/** Nothing exists at this address. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** @param name as the caller wrote it; long names are cut */
export function notFound(what: string, name = '', more = ''): NotFoundError {
  return new NotFoundError(`there is no ${what} ${JSON.stringify(name.slice(0, 64))}${more}`)
}

/** The address exists, but not for this method. */
export class MethodError extends Error {
  override readonly name = 'MethodError'
  /** The header `Allow`. */
  readonly allow: string

  constructor(method: string, allow: string) {
    super(`${method} is not possible here; possible are ${allow}`)
    this.allow = allow
  }
}

/** The state of the run, or of its target, does not allow the request. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly type: ProblemTypeName
  readonly run: Run

  /** @param run the run as it is now */
  constructor(type: ProblemTypeName, message: string, run: Run) {
    super(message)
    this.type = type
    this.run = run
  }
}

/** The run is not in the version that `If-Match` names. Nothing was changed. */
export class PreconditionError extends Error {
  override readonly name = 'PreconditionError'
}
