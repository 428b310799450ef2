import type { Check } from './check.ts'
import { LIBRARIES } from './checks/libraries.ts'
import { LINTERS } from './checks/linters.ts'
import { SCHEMATHESIS } from './checks/schemathesis.ts'

export const CHECKS: readonly Check[] = [...LINTERS, ...LIBRARIES, SCHEMATHESIS]
