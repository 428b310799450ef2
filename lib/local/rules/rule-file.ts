import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { regionsOf } from '../cloud-settings.ts'
import { RULES_FILE } from '../rules-in-force.ts'
import type { Console } from './console.ts'

/** The file that a command reads rules from: the given one, else `RULES_FILE`, else the rules that are packaged. */
export function ruleFileOf({ environment }: Pick<Console, 'environment'>, given: string | undefined): string {
  return given ?? (environment.RULES_FILE || RULES_FILE)
}

/** @throws {Error} naming the file */
export function textOfFile({ root }: Pick<Console, 'root'>, file: string): string {
  try {
    return readFileSync(resolve(root, file), 'utf8')
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException // of the file system
    throw new Error(`${file}: cannot be read: ${code}`)
  }
}

/** The regions of targets that name none. */
export function providerRegions({ environment }: Pick<Console, 'environment'>): { huawei: string; tencent: string } {
  const { HUAWEICLOUD_REGION: huawei, TENCENTCLOUD_REGION: tencent } = regionsOf(environment)
  return { huawei, tencent }
}
