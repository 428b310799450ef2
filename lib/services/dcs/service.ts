import type { Service } from '../../cloud/service.ts'

/**
 * Distributed Cache Service. Its codes (https://support.huaweicloud.com/intl/en-us/api-dcs/ErrorCode.html) are grouped by what may
 * be done about them. `busy` are those on which Huawei's Terraform provider waits.
 */
export const DCS: Service = {
  provider: 'huawei',
  name: 'dcs',
  // Half of the gateway's limit (200 a second, "request throttling"): others use the account, too.
  perSecond: 100,
  errors: {
    byKind: {
      busy: [
        ...['DCS.4017', 'DCS.4026', 'DCS.4049', 'DCS.4069', 'DCS.4096', 'DCS.4097', 'DCS.4099', 'DCS.4104', 'DCS.4108'],
        ...['DCS.4111', 'DCS.4113', 'DCS.4114', 'DCS.4115', 'DCS.4116', 'DCS.4117', 'DCS.4118', 'DCS.4120', 'DCS.4121'],
        ...['DCS.4231', 'DCS.4975', 'CBC.99003651'],
      ],
      invalid: [
        ...['DCS.4001', 'DCS.4002', 'DCS.4004', 'DCS.4005', 'DCS.4061', 'DCS.4062', 'DCS.4063', 'DCS.4064', 'DCS.4065'],
        ...['DCS.4070', 'DCS.4098', 'DCS.4100', 'DCS.4957', 'DCS.3053', 'DCS.5001'],
      ],
      unsupported: ['DCS.4027', 'DCS.4086', 'DCS.4094', 'DCS.4095', 'DCS.4253', 'DCS.4855'],
      precondition: ['DCS.2001'],
      'not-found': ['DCS.3022', 'DCS.4031', 'DCS.4119', 'DCS.5053'],
      unauthenticated: ['DCS.1001', 'DCS.1002', 'DCS.1003', 'DCS.1004'],
      denied: ['DCS.2003', 'DCS.2007', 'DCS.3002', 'DCS.3003', 'DCS.4107'],
      unavailable: ['DCS.5000', 'DCS.5006', 'DCS.5024', 'DCS.5077', 'DCS.5078', 'DCS.5079', 'DCS.5095'],
      failed: ['DCS.4842', 'DCS.5091', 'DCS.5094'],
    },
    pattern: /^(DCS|CBC)\.|^\d{9}$/,
    byState: ['DCS.4026', 'DCS.4049'],
    beforeWork: ['DCS.4069', 'DCS.5053'],
    canonical: (code) => LEGACY_CODES.get(code) ?? code.replace(/^111400(\d{3})$/, 'DCS.4$1'),
  },
}

/** Old codes with nine digits that do not follow the rule `1114000NN` = `DCS.40NN`. */
const LEGACY_CODES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '111401001': 'DCS.1001',
    '111401002': 'DCS.1002',
    '111401003': 'DCS.1003',
    '111401004': 'DCS.1004',
    '111403002': 'DCS.2003',
    '111403003': 'DCS.2007',
    '111404001': 'DCS.4001',
    '111404022': 'DCS.3022',
    '111405001': 'DCS.5001',
    '111500000': 'DCS.5000',
  }),
)
