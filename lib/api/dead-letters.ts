import { letterViewOf } from '../dead-letters/dead-letter.ts'
import { sendBack } from '../dead-letters/send-back.ts'
import { LETTER_ID } from '../runs/dead-letter.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { callerOf } from './caller.ts'
import { notFound } from './errors.ts'
import { type HttpEvent, type HttpResult, json, readQuery } from './http.ts'
import { LettersQuery } from './parameters.ts'

/** `GET /letters`. */
export async function listLetters(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const { letters, cursor } = await ports.store.listLetters(readQuery(LettersQuery, event.queryStringParameters))
  return json(200, { letters: letters.map(letterViewOf), ...(cursor ? { cursor } : {}) })
}

/** `POST /letters/{id}/resend`. */
export async function resendLetter(ports: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const letter = LETTER_ID.test(id) ? await sendBack(ports, id, callerOf(event)) : undefined
  if (!letter) throw notFound('letter', id, '; they are kept for 90 days')
  return json(202, letterViewOf(letter))
}
