import { deadLetterViewOf } from '../dead-letters/dead-letter.ts'
import { sendBack } from '../dead-letters/send-back.ts'
import { DEAD_LETTER_ID } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { callerOf } from './caller.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { DeadLettersQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** `GET /dead-letters`. */
export async function listDeadLetters(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const { deadLetters, cursor } = await ports.store.listDeadLetters(
    readQuery(DeadLettersQuery, event.queryStringParameters),
  )
  return jsonResult(200, { deadLetters: deadLetters.map(deadLetterViewOf), ...(cursor ? { cursor } : {}) })
}

/** `POST /dead-letters/{id}/resend`. */
export async function resendDeadLetter(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const deadLetter = DEAD_LETTER_ID.test(id) ? await sendBack(ports, id, callerOf(event)) : undefined
  if (!deadLetter) throw notFound('dead letter', id, '; dead letters are kept for 90 days')
  return jsonResult(202, deadLetterViewOf(deadLetter))
}
