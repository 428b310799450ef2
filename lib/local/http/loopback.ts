import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches an address. False for anything but an address. */
export function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Resolves a name once, so that the address that was checked is the one listened at. */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host)) return host
  const { address } = await lookup(host)
  return address
}

/** Whether a `Host` header is a loopback name. Any other name could be a web page's own, pointed at this machine. */
export function namesLoopback(header: string | undefined): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '') ?? []
  const name = (bracketed ?? plain).toLowerCase()
  return name === 'localhost' || isLoopback(name)
}
