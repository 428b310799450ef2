import { expect, test } from 'vitest'
import { createHuawei } from '../../../../lib/sources/alarms/huawei.ts'
import { noWeb } from './fixture.ts'

/** As Huawei Cloud publishes it: https://support.huaweicloud.com/usermanual-smn/smn_ug_a9000.html (17 June 2026). */
const PUBLISHED = `-----BEGIN CERTIFICATE-----
MIIDWTCCAkGgAwIBAgIIdv23u/vU1zcwDQYJKoZIhvcNAQELBQAwODELMAkGA1UE
BhMCQ04xDzANBgNVBAoTBkh1YXdlaTEYMBYGA1UEAxMPSHVhd2VpIENsb3VkIENB
MB4XDTIwMDkwOTA2NDAwNFoXDTMwMDkwNzA2NDAwNFowPzELMAkGA1UEBhMCQ04x
DzANBgNVBAoTBkh1YXdlaTEfMB0GA1UEAxMWSHVhd2VpLUNsb3VkLVNNTi1NZXRl
cjCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAOunOsnncSp53UP4xetr
A4tHiRj6kldrmyx5gYB/zbGblfwHDvh7Pw9633iq0y1ZwfE0yVu7mNAwdAAo1u7X
lvO+ZLJkBsOjg2BU/BD7VfsVV7YJ51u467G0D7U8Qz8gIqsTbU1iT3koyNuUPmKe
9J0bhKdR8wy6xuROWh/5Ec0y2n28FqIDXP91udkYgrXhasmejLwx4saRFaVl6nPE
MOOWyrFDtU5bKWj8wZUwhRAuIeUVxu4TRxLu+zyuXk1Y4mG1RCDpIf5XsgDeitMr
TsrdjuxEsgRTDCVl6WVEojzBv/AccLoBrbHFa+Pppp8/RDvDhuQrxizp+K4zSunQ
iukCAwEAAaNgMF4wHwYDVR0jBBgwFoAU9JLn3OgwPepGkfxQ4xg4L8UVUSswDAYD
VR0TBAUwAwEBADAOBgNVHQ8BAf8EBAMCA6gwHQYDVR0lBBYwFAYIKwYBBQUHAwEG
CCsGAQUFBwMCMA0GCSqGSIb3DQEBCwUAA4IBAQALQt+Fy2yOs/Z7PL0xq2g8lWx0
7zNaUcYYdFcZeiwfuLSTOeFJiPFKyAsN7Bl7wIjFT8ZsHDhBJE5bkYnjdYxO1jnq
xCeNDErlP0nD7j+p5YZMtMWv/vPod3EBQ4z5ThNvAljeSx9iQKL0HL7lxOJ4ssId
zsFlSZCdkRbNQb4Vb8r72J0Yu8hiSUTvvIMERTBzYtTFUTTmJz4oX5HvBj4KEycF
RWjrNp6g82RRcSEPQl8XeoqOAiCSr1ddsTLQDqWgKWA68Tc64LPMxG3BC2cl0GrK
Ilqom+ZuaR05jslMr7jSCQwUcLIk0Loxv2YYrE9Yqju/v2s8LKXwiLVsxxTU
-----END CERTIFICATE-----`

// A message of SMN as it was captured, by Apache HertzBeat (Apache License 2.0):
// hertzbeat-alerter/src/test/java/org/apache/hertzbeat/alert/service/HuaweiCloudExternAlertServiceTest.java
const TOPIC = 'urn:smn:cn-north-4:477a784601d744e4ab9ab83986502d31:CES_notification_group_bngJ2aMpX'
const COMMON = {
  topic_urn: TOPIC,
  signature_version: 'v1',
  signing_cert_url: 'https://smn.cn-north-4.myhuaweicloud.com/smn/SMN_cn-north-4_b98100ca131b4116ab8ee7ccedbaae99.pem',
}
const NOTIFICATION = {
  ...COMMON,
  type: 'Notification',
  message_id: '1565df032a19494590d61e05f7b0dc0e',
  timestamp: '2025-06-02T14:56:17Z',
  subject: '[华为云][紧急告警]云监控通知：分布式缓存服务-DCS Redis实例 “dcs-h4tv” 的每秒并发操作数已触发告警。',
  message:
    '{"version":"v1","data":{"AccountName":"hid_hk6tij5o1v-95zn","Namespace":"分布式缓存服务","DimensionName":"DCS Redis实例","ResourceName":"dcs-h4tv","MetricName":"每秒并发操作数","IsAlarm":true,"AlarmLevel":"紧急","Region":"华东-上海一","RegionId":"cn-east-3","ResourceId":"3dc7b9ea-70b4-4c38-942d-e2636e6d844c","PrivateIp":"192.168.0.54","CurrentData":"6.00 count","AlarmTime":"2025/06/02 22:56:15 GMT+08:00","AlarmRecordID":"ah1748876175242njvndyzMZ","AlarmRuleName":"alarm-c5jj","IsOriginalValue":true,"Filter":"原始值","ComparisonOperator":"\\u003e","Value":"5 count","Unit":"count","Count":2}}',
  signature:
    'Igs0bBhzw0JGmlgBH+9ejw2xWfPTXjAatAEsKDkkWcC5bZ/jveckdRZdgp/S0JER9eiJfMF427YDABufIN0sv/vBRXaRQKfRBLTJYbSTl+AQpEbIW5yUfJSRLEG3HNEhUDjASolbrW7zdPCoGkkqjifE23FCvw+4tewMzqmHnfJHcFBq3W89CJzdPBjwO1UcY9C39moUZgqZk+qDVLpxb4bHSrEYAwPOSrOPR7TZpETJ30UOgFYajJydQk692edfs0NeVutHoQiOJ5/YC83ULHft0aXhichjtfZE4KF69nROAKez0ubk3lEy/mBIM9Ylbxn5b84OIrzzZQrIWe8Syw==',
}

const settings = createHuawei().settings.parse({ WEBHOOK_HUAWEI_TOPICS: TOPIC, HUAWEI_SMN_CERTIFICATE: PUBLISHED })

const verify = async (message: { timestamp: string; message: string }) => {
  const [body, atMs] = [Buffer.from(JSON.stringify(message)), Date.parse(message.timestamp)]
  return createHuawei().verify({ method: 'POST', headers: {}, query: {}, body, atMs }, settings, noWeb)
}

test('a message that SMN itself signed is verified', async () => {
  expect(await verify(NOTIFICATION)).toBe(NOTIFICATION.message_id)
})

test('not with another message', async () => {
  const message = NOTIFICATION.message.replace('a', 'b')
  await expect(verify({ ...NOTIFICATION, message })).rejects.toThrow('does not match')
})
