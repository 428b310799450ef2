import type { IncomingMessage } from 'node:http'
import { isSame } from '../../intake/verify/same.ts'
import { addressOf, isLoopback, namesLoopback } from './loopback.ts'

/** Where to listen, and who may come in. */
export interface Access {
  address: string
  /** What every caller must bring as `Authorization: Bearer`; without one, only this machine reaches us. */
  token?: string
}

/** A random token of so many characters is not guessed. */
const MIN_TOKEN = 32

const HOW_TO_MAKE_ONE = '`openssl rand -hex 32` makes one'

/**
 * @param host a name or an address
 * @param token empty is none
 * @throws {Error} where everybody could come in, or the token is none
 */
export async function accessOf(host: string, token: string | undefined): Promise<Access> {
  if (token && !(token.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(token))) {
    throw new Error(
      `API_TOKEN must have ${MIN_TOKEN} printable ASCII characters or more, without spaces; ${HOW_TO_MAKE_ONE}`,
    )
  }
  const address = await addressOf(host)
  if (token) return { address, token }
  if (isLoopback(address)) return { address }
  const reached = host === address ? host : `${host} (${address})`
  throw new Error(
    `HOST is ${reached}, where others than this machine come in, and no API_TOKEN is set: nobody would be asked who he is. ${HOW_TO_MAKE_ONE}`,
  )
}

/** Why a request is not let in. */
export interface Denial {
  status: 401 | 403
  title: string
  detail: string
}

/** Who comes to a route that is not open to all. @returns undefined where he may come in */
export function denialOf({ token }: Pick<Access, 'token'>, { headers }: IncomingMessage): Denial | undefined {
  // A browser says where a page comes from, and cannot sign: no web page may act as the local user.
  if (headers.origin !== undefined) return forbidden('no web page may ask here')
  if (token === undefined) {
    return namesLoopback(headers.host) ? undefined : forbidden('the header Host names another machine than this one')
  }
  const [, given] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  if (given !== undefined && isSame(given, token)) return undefined
  const detail = given === undefined ? 'the header Authorization: Bearer <API_TOKEN> is missing' : 'it is another token'
  return { status: 401, title: 'Who asks is not known', detail }
}

function forbidden(detail: string): Denial {
  return { status: 403, title: 'Forbidden', detail }
}
