import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ['test/**/*.test.ts'],
    // The end-to-end tests mostly wait for the simulated cloud, so more of them than cores run side by side.
    maxWorkers: 6,
    // The end-to-end tests wait for work that takes its time.
    testTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
    globalSetup: ['test/global-setup.ts'],
    hookTimeout: 30_000,
  },
})
