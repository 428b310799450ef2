import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches an address. What is no address is not one of them. */
export function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** The address to listen at: of a name, what it stands for now, so that what was checked is what is listened at. */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host)) return host
  const { address } = await lookup(host)
  return address
}

/** Whether a `Host` header names this machine as only this machine does: a web page elsewhere can make its own name lead here. */
export function namesLoopback(header: string | undefined): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '') ?? []
  const name = (bracketed ?? plain).toLowerCase()
  return name === 'localhost' || isLoopback(name)
}
