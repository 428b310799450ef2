/** Cloud Monitor's short region names -> ids of the cloud API. Captures show gz, sh, hk and sg; consoles show the others. */
const REGIONS: ReadonlyMap<string, string> = new Map([
  ['gz', 'ap-guangzhou'],
  ['sh', 'ap-shanghai'],
  ['szx', 'ap-shenzhen'],
  ['tsn', 'ap-tianjin'],
  ['nj', 'ap-nanjing'],
  ['bj', 'ap-beijing'],
  ['cd', 'ap-chengdu'],
  ['cq', 'ap-chongqing'],
  ['hk', 'ap-hongkong'],
  ['tpe', 'ap-taipei'],
  ['sg', 'ap-singapore'],
  ['jkt', 'ap-jakarta'],
  ['th', 'ap-bangkok'],
  ['kr', 'ap-seoul'],
  ['jp', 'ap-tokyo'],
  ['in', 'ap-mumbai'],
  ['usw', 'na-siliconvalley'],
  ['use', 'na-ashburn'],
  ['sao', 'sa-saopaulo'],
  ['de', 'eu-frankfurt'],
  ['szjr', 'ap-shenzhen-fsi'],
  ['shjr', 'ap-shanghai-fsi'],
  ['bjjr', 'ap-beijing-fsi'],
])

/** The region id of the cloud API; an unknown name is returned as it is. */
export function regionOf(short: string): string {
  return REGIONS.get(short) ?? short
}
