import type { IncomingMessage } from 'node:http'
import { isSame } from '../../sources/verify/hmac.ts'
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
  if (token && !isToken(token)) {
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

/** Whether it cannot be guessed, and fits into a header. */
export function isToken(text: string): boolean {
  return text.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(text)
}

/** Why a request is not let in. */
export interface Denial {
  status: 401 | 403
  title: string
  detail: string
}

/**
 * Headers of a browser, which says where a page comes from and cannot sign, and of proxies. nginx and Apache make `Host` the
 * name of this machine: it does not tell who asks.
 */
const BROWSER_OR_PROXY_HEADER = /^(origin|via|forwarded|x-forwarded-.+|x-real-ip)$/

/** Who comes to a route that is not open to all. @returns undefined where he may come in */
export function denialOf({ token }: Pick<Access, 'token'>, { headers }: IncomingMessage): Denial | undefined {
  if (token !== undefined) return denialByToken(token, headers.authorization)
  const telling = Object.keys(headers).find((name) => BROWSER_OR_PROXY_HEADER.test(name))
  if (telling !== undefined) {
    const who = `the header ${telling.slice(0, 40)} says that a web page or a proxy asks`
    return forbidden(`${who}: start with an API_TOKEN, and send it as Authorization: Bearer`)
  }
  return namesLoopback(headers.host) ? undefined : forbidden('the header Host names another machine than this one')
}

/** With it, anybody may pass a request on. */
function denialByToken(token: string, header = ''): Denial | undefined {
  const [, given] = /^bearer +(\S+) *$/i.exec(header) ?? []
  if (given !== undefined && isSame(given, token)) return undefined
  const detail = given === undefined ? 'the header Authorization: Bearer <token> is missing' : 'it is another token'
  return { status: 401, title: 'Who asks is not known', detail }
}

function forbidden(detail: string): Denial {
  return { status: 403, title: 'Forbidden', detail }
}
