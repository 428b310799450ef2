/** An answer to send; `delivery` says how far it gets over the socket. */
export interface SimulatedAnswer {
  status: number
  /** Empty for a 204. */
  body: string
  contentType: string
  headers: Record<string, string>
  /** The error code of a refusal, for the request log. */
  code?: string
  delivery: 'whole' | 'truncated' | 'hang' | 'reset'
}

export function jsonAnswer(value: unknown, status = 200): SimulatedAnswer {
  return textAnswer(JSON.stringify(value), 'application/json', status)
}

export function textAnswer(body: string, contentType = 'text/plain;charset=utf-8', status = 200): SimulatedAnswer {
  return { status, body, contentType, headers: {}, delivery: 'whole' }
}
