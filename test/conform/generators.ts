import type { Generator } from './generator.ts'
import { TYPESCRIPT } from './generators/typescript.ts'

export const GENERATORS: readonly Generator[] = [...TYPESCRIPT]
