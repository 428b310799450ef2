import { defineConfig } from 'vitest/config'
import { LongestFirst } from './longest-first.ts'

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ['test/**/*.test.ts'],
    // The end-to-end tests mostly wait for the simulated cloud, so more of them than cores run side by side.
    maxWorkers: 6,
    // Workers take one file after the other: half the computing of most files was to load what all of them load. None
    // leaves anything behind that another would find.
    isolate: false,
    // Limits end what hangs, and nothing else: many times what the slowest needs, so that none fails on a busy machine.
    testTimeout: 900_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 300_000 } },
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/global-setup.ts'],
  },
})
