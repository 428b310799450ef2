import type { Run } from '../runs/run.ts'

/** There is no such thing at this address. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** @param name as it was asked for: it may be anything, of any length */
export function notFound(what: string, name = '', more = ''): NotFoundError {
  return new NotFoundError(`there is no ${what} ${JSON.stringify(name.slice(0, 64))}${more}`)
}

/** It cannot be done to this run, or to its target, as things are. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly run: Run

  /** @param run the run that it is about, as it is now */
  constructor(message: string, run: Run) {
    super(message)
    this.run = run
  }
}

/** The run is not, or not any more, as its caller saw it. */
export class PreconditionError extends Error {
  override readonly name = 'PreconditionError'
}
