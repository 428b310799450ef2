import type { Operation } from '../cloud/operation.ts'
import type { Read } from './tracking.ts'

/** A resource of a service, as its cloud lists it. */
export interface Member {
  /** As runs lock it, e.g. `huawei/dcs/<id>`. */
  resource: string
  /** It is at rest and does its work. */
  isHealthy: boolean
}

/** One page of all resources of a service in an account and region. */
export interface FleetPage {
  /** Rows of this page. */
  rows: number
  /** Rows of all pages, by the cloud. */
  total: number
  members: Member[]
}

export type ListFleet = Operation<{ page: number }, FleetPage>

/** A fleet that has more is counted as smaller than it is: a share of it, or its healthy ones, then allow less. */
const MAX_PAGES = 10

/** The resources of a service in the account and region of `read`. @throws {CloudError} */
export async function readFleet(read: Read, list: ListFleet): Promise<Member[]> {
  const members: Member[] = []
  for (let page = 0, seen = 0; page < MAX_PAGES; page++) {
    const { rows, total, members: listed } = await read(list, { page })
    members.push(...listed)
    seen += rows
    if (rows === 0 || seen >= total) break
  }
  return members
}
