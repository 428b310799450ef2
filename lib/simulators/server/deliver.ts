import type { ServerResponse } from 'node:http'
import type { SimulatedAnswer } from './answer.ts'

/** Sends an answer as far as its `delivery` says. @param common headers that every answer has */
export function deliver(response: ServerResponse, answer: SimulatedAnswer, common: Record<string, string>): void {
  if (answer.delivery === 'hang') return
  if (answer.delivery === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const bytes = Buffer.from(answer.body)
  const described = answer.status === 204 ? {} : { 'Content-Length': bytes.length, 'Content-Type': answer.contentType }
  response.writeHead(answer.status, { ...common, ...described, ...answer.headers })
  if (answer.delivery === 'whole') response.end(bytes)
  else response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy())
}
