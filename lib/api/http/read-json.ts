import { BodyError, checkSize, MAX_REQUEST_BYTES, parseStrictJson, sentBytes } from '../../http/body.ts'
import { unpackedBody } from '../../http/content-encoding.ts'
import type { HttpEvent } from './http.ts'

/**
 * Reads a body of JSON, plain or packed by gzip.
 * @param wants the body that the route wants, for the message about an empty one: `{operation, target}`
 * @throws {BodyError} 400, 413 or 415
 */
export async function readJson(
  event: Pick<HttpEvent, 'headers' | 'body' | 'isBase64Encoded'>,
  wants: string,
  maxBytes = MAX_REQUEST_BYTES,
): Promise<unknown> {
  const { headers } = event
  checkMediaType(headers['content-type'])
  const body = sentBytes(event)
  checkSize(body, maxBytes)
  const unpacked = await unpackedBody({ headers, body }, maxBytes)
  if ('refused' in unpacked) throw unpacked.refused
  if (unpacked.body.byteLength === 0) throw new BodyError(400, `the body is empty; send ${wants}`)
  return parseStrictJson(unpacked.body)
}

/** AWS sends requests such as `PutEvents` as `x-amz-json-1.1`. */
const JSON_TYPE = /^application\/(?:(?:[\w.+-]+\+)?json|x-amz-json-1\.[01])$/

/** A body without a type is read as JSON; a form, which a web page may send to any address, is not. */
function checkMediaType(header = ''): void {
  const type = header.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === '' || JSON_TYPE.test(type)) return
  const given = JSON.stringify(type.slice(0, 60))
  throw new BodyError(415, `content-type is ${given}; send application/json`, { accept: 'application/json' })
}
