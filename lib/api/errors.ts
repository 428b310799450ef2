import type { Run } from '../runs/run.ts'

/** Nothing exists at this address. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** @param name as the caller wrote it; long names are cut */
export function notFound(what: string, name = '', more = ''): NotFoundError {
  return new NotFoundError(`there is no ${what} ${JSON.stringify(name.slice(0, 64))}${more}`)
}

/** The state of the run, or of its target, does not allow the request. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly run: Run

  /** @param run the run as it is now */
  constructor(message: string, run: Run) {
    super(message)
    this.run = run
  }
}

/** The run is not in the state that `If-Match` names. */
export class PreconditionError extends Error {
  override readonly name = 'PreconditionError'
}
