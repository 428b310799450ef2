import * as z from 'zod'

/** One kind of error of the API, as its page describes it. */
interface ProblemTypeRow {
  status: number
  title: string
  /** One sentence. */
  means: string
  /** What the caller does about it. */
  remedy: string
}

/** Every type of problem document, by the last segment of its `type`. Their order is that of the page. */
export const PROBLEM_TYPES = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    means: 'A field of the body, a parameter or a header is missing or wrong. Nothing was stored.',
    remedy: 'Correct what `errors` names, and send the request again.',
  },
  'unreadable-body': {
    status: 400,
    title: 'The body cannot be read',
    means: 'The body is empty, is not UTF-8, is not JSON, or has a shape that no reader agrees on. Nothing was stored.',
    remedy: 'Send one JSON object.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    means: 'The request carries no valid proof of its sender.',
    remedy: 'Authenticate as the header `WWW-Authenticate` says.',
  },
  'not-allowed': {
    status: 403,
    title: 'Not allowed',
    means: 'The sender is known, and no rule allows this request, or the policy does not. Nothing was stored.',
    remedy:
      'Ask for something that `callers` or `requests`, and the `policy`, allow, or have the rules changed. A refusal by the ' +
      'policy names its line.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    means: 'Nothing exists at this address.',
    remedy: 'Check the path and the id. Records are kept for 90 days.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    means: 'The address exists, but not for this method.',
    remedy: 'Use a method of the header `Allow`.',
  },
  'target-held': {
    status: 409,
    title: 'Another run has the target',
    means: 'The request was refused because another run, named by `holder`, has the resource. Nothing was sent.',
    remedy: 'Wait for the end of that run and ask under a new key, or ask with `collision: queue`.',
  },
  'limit-used-up': {
    status: 409,
    title: 'A limit is used up',
    means:
      'The request was refused because earlier runs have used up a limit of its rule, or a budget of its caller. Nothing was sent.',
    remedy: 'Wait until the limit opens, or clear it with a reason; then ask under a new key.',
  },
  'too-late-to-cancel': {
    status: 409,
    title: 'Too late to cancel',
    means: 'The run was sent to the cloud and is followed to its end, or it has ended.',
    remedy: 'Read the run. `state` says which of both it is.',
  },
  'changed-meanwhile': {
    status: 409,
    title: 'Other requests change the run',
    means: 'Other workers changed the run again and again while this request tried to.',
    remedy: 'Send the request again.',
  },
  'dead-letter-cut': {
    status: 409,
    title: 'Only a part of the message is kept',
    means: 'The dead letter was too large to be stored whole, so it cannot be sent again.',
    remedy: 'Ask for a new run.',
  },
  'run-changed': {
    status: 412,
    title: 'The run has changed',
    means: 'The run is not in the version that `If-Match` names. Nothing was changed.',
    remedy: 'Read the run, decide again, and send its new `ETag`.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    means: 'The body exceeds the limit of the route. Nothing was stored, except the record of an authentic webhook.',
    remedy: 'Send less: fewer targets, or fewer alerts a delivery.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is in an unsupported format',
    means: 'The media type is not JSON, or the body is packed in another way than gzip. Nothing was stored.',
    remedy: 'Send `Content-Type: application/json`, plain or with `Content-Encoding: gzip`.',
  },
  'key-reused': {
    status: 422,
    title: 'The key belongs to another request',
    means: 'The idempotency key, or the id of the delivery, was used for another request. Nothing was stored.',
    remedy: 'Use a new key for a new request.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    means: 'The product failed. No data is known to be lost.',
    remedy: 'Send the request again under the same key. The log has the reason under the id in `instance`.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    means: 'The store of records is overloaded or unreachable, or too many requests wait.',
    remedy: 'Send the request again under the same key after `Retry-After` seconds.',
  },
  'not-ready': {
    status: 503,
    title: 'Not ready',
    means: 'A setting is missing or wrong, a system that must be asked does not answer, or the process stops.',
    remedy: 'Send the request again later. The log has the reason under the id in `instance`.',
  },
} as const satisfies Record<string, ProblemTypeRow>

export type ProblemTypeName = keyof typeof PROBLEM_TYPES

export const PROBLEM_TYPE_NAMES = Object.keys(PROBLEM_TYPES) as [ProblemTypeName, ...ProblemTypeName[]] // its own keys

export const ProblemTypeName = z.enum(PROBLEM_TYPE_NAMES)

/** The section of the page for one type; its address is the `type` of the problem. */
export function problemPage(name: ProblemTypeName): string {
  const { status, title, means, remedy } = PROBLEM_TYPES[name]
  return `## ${name}\n\n**${status} ${title}.** ${means}\n\n${remedy}\n`
}
