import base from './vitest.config.ts'

const { globalSetup, ...t } = (base as any).test
export default { test: { ...t } }
