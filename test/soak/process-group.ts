import { readdirSync, readFileSync } from 'node:fs'

/** What Linux tells of the processes of a group, together. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */

/** `USER_HZ` of Linux, on all that Node runs on. */
const TICKS_A_SECOND = 100
const PAGE_BYTES = 4096

/** Memory that is resident (MB); undefined where the system does not tell. */
export function residentMb(group: number): number | undefined {
  const stats = statsOf(group)
  return stats.length > 0 ? (sum(stats.map(({ pages }) => pages)) * PAGE_BYTES) / 1e6 : undefined
}

/** Time on a processor since each of them began (ms); those that have ended do not count. */
export function cpuMs(group: number): number {
  return (sum(statsOf(group).map(({ ticks }) => ticks)) * 1000) / TICKS_A_SECOND
}

interface Stat {
  ticks: number
  pages: number
}

function statsOf(group: number): Stat[] {
  return pids().flatMap((pid) => {
    // The name of the program, in parentheses, may have anything in it.
    const [, fields = ''] = /\) (.*)/s.exec(textOf(`/proc/${pid}/stat`)) ?? []
    const [, , processGroup, ...rest] = fields.split(' ')
    if (Number(processGroup) !== group) return []
    return [{ ticks: Number(rest[8]) + Number(rest[9]), pages: Number(rest[18]) }]
  })
}

function pids(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
