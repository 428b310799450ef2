import { jsonAnswer, type SimulatedAnswer } from '../server/answer.ts'

/** Chosen by `X-TC-Language`. Texts are for people and may change: no client may read them. */
export type Language = 'en-US' | 'zh-CN'

/** The result of an action, before it is put into the envelope. */
export type EmrReply = { fields: Record<string, unknown> } | EmrError

export interface EmrError {
  code: EmrErrorCode
  /** The one fact that the sender needs. */
  detail: string
}

/**
 * Errors by code, in English and Chinese. Sources: common error codes (cloud.tencent.com/document/api/589/33982) and the error
 * tables of the three actions. The wording is ours.
 */
const REFUSALS = {
  'AuthFailure.InvalidAuthorization': [
    'The `Authorization` header is not valid.',
    '请求头部的 Authorization 不符合标准。',
  ],
  'AuthFailure.SecretIdNotFound': ['The SecretId is not found.', '密钥不存在。'],
  'AuthFailure.SignatureExpire': ['The signature has expired.', '签名过期。'],
  'AuthFailure.SignatureFailure': ['The provided credentials could not be validated.', '签名错误。'],
  'AuthFailure.TokenFailure': ['The token is missing, wrong or expired.', 'token 错误。'],
  FailedOperation: ['Operation failed.', '操作失败。'],
  'InternalError.CamCgwError': ['An error occurred while calling another service API.', '调用 CAM 服务出错。'],
  'InternalError.WoodServerError': ['An error occurred while calling another service API.', '调用 Wood 服务出错。'],
  InvalidAction: ['The action is not known.', '接口不存在。'],
  InvalidParameter: ['A parameter is not valid.', '参数错误。'],
  'InvalidParameter.InvalidComponent': ['The service has no such component.', '无效的组件。'],
  'InvalidParameter.InvalidInstanceName': ['Invalid cluster name.', '无效的集群名称。'],
  'InvalidParameter.InvalidIpList': ['The cluster has no node of this IP.', '无效的 IP 列表。'],
  'InvalidParameter.InvalidServiceNodeInfo': ['The component does not run on this node.', '无效的服务节点信息。'],
  InvalidParameterValue: ['A parameter has a value that is not allowed.', '参数取值错误。'],
  InvalidRequest: ['The request is not valid.', '请求不合法。'],
  MissingParameter: ['A required parameter is missing.', '缺少参数。'],
  NoSuchVersion: ['The version of the API does not exist.', '接口版本不存在。'],
  RequestLimitExceeded: ['Too many requests.', '请求的次数超过了频率限制。'],
  'RequestLimitExceeded.GlobalRegionUinLimitExceeded': ['Too many requests of this account.', '主账号超过频率限制。'],
  'RequestLimitExceeded.IPLimitExceeded': ['Too many requests from this IP.', 'IP 限频。'],
  'RequestLimitExceeded.UinLimitExceeded': ['Too many requests of this account.', '主账号限频。'],
  RequestSizeLimitExceeded: ['The request is too large.', '请求包超过限制大小。'],
  'ResourceInUse.InstanceInProcess': ['The instance is under workflow.', '实例流程中。'],
  'ResourceNotFound.InstanceNotFound': ['The instance was not found.', '找不到该实例。'],
  'UnauthorizedOperation.CheckCamAuth': ['Unauthorized operation.', 'CAM 鉴权未通过。'],
  UnknownParameter: ['A parameter is not known.', '未知参数错误。'],
  'UnsupportedOperation.ServiceNotSupport': ['This operation is not supported.', '该服务不支持此操作。'],
  UnsupportedProtocol: ['The protocol is not supported.', 'HTTP(S) 请求协议错误。'],
  UnsupportedRegion: ['The region is not supported.', '接口不支持所传地域。'],
} satisfies Record<string, [english: string, chinese: string]>

export type EmrErrorCode = keyof typeof REFUSALS

export function emrError(code: EmrErrorCode, detail = ''): EmrError {
  return { code, detail }
}

/** Puts a reply into its envelope. Errors have HTTP status 200, too. */
export function answerWith(reply: EmrReply, requestId: string, language: Language): SimulatedAnswer {
  const envelope = (fields: Record<string, unknown>) => jsonAnswer({ Response: { ...fields, RequestId: requestId } })
  if ('fields' in reply) return envelope(reply.fields)
  const [english, chinese] = REFUSALS[reply.code]
  const text = language === 'zh-CN' ? chinese : english
  const Message = reply.detail === '' ? text : `${text} ${reply.detail}`
  return { ...envelope({ Error: { Code: reply.code, Message } }), code: reply.code }
}
