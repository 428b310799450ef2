/** Where a machine keeps all that it has, unless `DATA_DIR` says otherwise. Set, but empty, is not set. */
export const DATA_DIR = '.steadyhand'

export function dataDirOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.DATA_DIR || DATA_DIR
}
