import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { BodyError } from './body.ts'

/** A body as it arrived, with lower-case header names. */
interface PackedBody {
  headers: Readonly<Record<string, string | undefined>>
  body: Buffer
}

/** The unpacked body, or the error. */
export type Unpacked = { body: Buffer } | { refused: BodyError }

/** Unpacks a body of `content-encoding: gzip`, up to `maxBytes`. */
export async function unpackedBody({ headers, body }: PackedBody, maxBytes: number): Promise<Unpacked> {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity' || body.byteLength === 0) return { body }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    const named = JSON.stringify(encoding.slice(0, 40))
    const message = `content-encoding is ${named}; send gzip, or none`
    return { refused: new BodyError(415, message, { 'accept-encoding': 'gzip' }) }
  }
  try {
    return { body: await promisify(gunzip)(body, { maxOutputLength: maxBytes }) }
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    const tooLarge = new BodyError(413, `the unpacked body has more than ${maxBytes} bytes`)
    return {
      refused: isTooLarge ? tooLarge : new BodyError(400, 'the body is not gzip, as content-encoding says'),
    }
  }
}
