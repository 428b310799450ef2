import type { Generator } from './generator.ts'
import { GO } from './generators/go.ts'
import { OPENAPI_GENERATOR } from './generators/openapi-generator.ts'
import { PYTHON } from './generators/python.ts'
import { TYPESCRIPT } from './generators/typescript.ts'

export const GENERATORS: readonly Generator[] = [...TYPESCRIPT, ...OPENAPI_GENERATOR, ...PYTHON, ...GO]
