import { bundle } from './bundles.ts'
import { numberFrom } from './child.ts'
import { inTurns, line, type Measured } from './measure.ts'
import { NO_HTTPS, withPlace } from './place.ts'

const REPEATS = 35

const SAY = 'console.log(performance.now())'

const program = (client: string): string => `
  import { client } from './clients/${client}.ts'
  await client(process.argv[2])()
  ${SAY}
  process.exit()`

export async function first(): Promise<Measured> {
  return withPlace(async ({ origins, env }, folder) => {
    const heading = `first: from process start to the first signed HTTPS response, bundled, ms over an empty process, medians of ${REPEATS}`
    const { https } = origins
    if (!https) return { heading, lines: [NO_HTTPS], ratios: [] }
    const contestant = async (name: string, text = program(name)) => {
      const { file } = await bundle(folder, name, text)
      return () => numberFrom(file, [https], env)
    }
    const { empty, ...ms } = await inTurns(REPEATS, {
      empty: await contestant('empty', SAY),
      'huawei-ours': await contestant('huawei-ours'),
      'huawei-official': await contestant('huawei-official'),
      'tencent-ours': await contestant('tencent-ours'),
      'tencent-official': await contestant('tencent-official'),
    })
    const ratio = (name: string, ours: keyof typeof ms, theirs: keyof typeof ms, target: number) => ({
      ...{ name, ours: ms[ours] - empty, theirs: ms[theirs] - empty, unit: 'ms', target },
    })
    return {
      heading,
      lines: [
        line('empty process', empty, 'ms'),
        ...Object.entries(ms).map(([name, figure]) => line(name, figure - empty, 'ms')),
      ],
      ratios: [
        ratio('first.ms.vs.huawei', 'huawei-ours', 'huawei-official', 0.45),
        ratio('first.ms.vs.tencent', 'tencent-ours', 'tencent-official', 0.8),
      ],
    }
  })
}
