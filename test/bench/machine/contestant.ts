import { RULES_FILE } from '../../soak/alarm-event.ts'
import { SOAK_TOKEN } from '../../soak/ask.ts'
import { type Product, startProduct } from '../../soak/product.ts'

/** A release of Steadyhand on one machine. */
export interface Contestant {
  /** Starts it on a folder of data. @param env beside what every start needs */
  start(dataDir: string, env?: Record<string, string>): Product
}

/** What the bench is told of a release in another folder. */
export interface Rival {
  /** The folder of its sources, its packages installed. */
  path: string
  /** A command of the shell; that of its `npm start` unless given. */
  start?: string | undefined
  /** A regular expression: its first group is the address, in the line that says that it listens. In our log unless given. */
  listens?: string | undefined
}

/** @param clouds the environment that names them */
export function contestant(clouds: Record<string, string>, rival?: Rival): Contestant {
  const given = rival && {
    root: rival.path,
    ...(rival.start ? { command: rival.start } : {}),
    ...(rival.listens ? { addressIn: finding(new RegExp(rival.listens)) } : {}),
  }
  const usual = { ...clouds, PORT: '0', API_TOKEN: SOAK_TOKEN, RULES_FILE }
  return {
    start: (dataDir, env = {}) => startProduct({ ...given, env: { ...usual, ...env, DATA_DIR: dataDir } }),
  }
}

function finding(pattern: RegExp): (line: string) => string | undefined {
  return (line) => pattern.exec(line)?.[1]
}
