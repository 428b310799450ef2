import type { IncomingMessage } from 'node:http'
import { secretsEqual } from '../../sources/verify/hmac.ts'
import { addressOf, isLoopback, namesLoopback } from './loopback.ts'

/** The address to listen at, and the token of callers. */
export interface Access {
  address: string
  /** Every caller must send it as `Authorization: Bearer`. Without one, the address is loopback. */
  token?: string
}

/** Characters: a random token of this length cannot be guessed. */
const MIN_TOKEN = 32

const HOW_TO_MAKE_ONE = '`openssl rand -hex 32` makes one'

/**
 * @param host a name or an address
 * @param token empty means none
 * @throws {Error} where other machines could call without a token, or the token can be guessed
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
    `HOST is ${reached}, which other machines can reach, and no API_TOKEN is set: set one, or HOST=127.0.0.1. ${HOW_TO_MAKE_ONE}`,
  )
}

/** Whether a text is long enough not to be guessed, and fits into a header. */
export function isToken(text: string): boolean {
  return text.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(text)
}

/** Why a request is rejected. */
export interface Denial {
  type: 'unauthenticated' | 'not-allowed'
  detail: string
}

/**
 * Browsers and proxies send these headers. `Host` cannot replace them: nginx and Apache set it to the name of this machine,
 * whoever called.
 */
const BROWSER_OR_PROXY_HEADER = /^(origin|via|forwarded|x-forwarded-.+|x-real-ip)$/

/** Checks the caller of a route that is not open to all. @returns undefined where the caller may use it */
export function denialOf({ token }: Pick<Access, 'token'>, { headers }: IncomingMessage): Denial | undefined {
  if (token !== undefined) return denialByToken(token, headers.authorization)
  const foreign = Object.keys(headers).find((name) => BROWSER_OR_PROXY_HEADER.test(name))
  if (foreign !== undefined) {
    const who = `the header ${foreign.slice(0, 40)} shows that a web page or a proxy calls`
    return forbidden(`${who}: start with an API_TOKEN, and send it as Authorization: Bearer`)
  }
  return namesLoopback(headers.host) ? undefined : forbidden('the header Host names another machine')
}

/** With a token, proxies may pass requests on. */
function denialByToken(token: string, header = ''): Denial | undefined {
  const [, given] = /^bearer +(\S+) *$/i.exec(header) ?? []
  if (given !== undefined && secretsEqual(given, token)) return undefined
  const detail =
    given === undefined ? 'the header Authorization: Bearer <token> is missing' : 'the token is not the right one'
  return { type: 'unauthenticated', detail }
}

function forbidden(detail: string): Denial {
  return { type: 'not-allowed', detail }
}
