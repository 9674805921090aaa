//! Secrets.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::{List, Opaque};
use ferrovirt_core::SecretId;
use uuid::Uuid;

procedures! {
    Remote;
    139 => ConnectNumOfSecrets -> i32, High, Read, [connect:search_secrets], filter secret:getattr;
    140 => ConnectListSecrets { maxuuids: i32 } -> List<String, SECRET_LIST_MAX>,
        High, Read, [connect:search_secrets], filter secret:getattr;
    141 => SecretLookupByUuid { uuid: Uuid } -> SecretId, High, Read, [secret:getattr];
    142 => SecretDefineXml { xml: String, flags: u32 } -> SecretId,
        High, Write, [secret:write, secret:save];
    143 => SecretGetXmlDesc { secret: SecretId, flags: u32 } -> String, High, Read, [secret:read];
    144 => SecretSetValue { secret: SecretId, value: Opaque<SECRET_VALUE_MAX>, flags: u32 } -> (),
        High, Write, [secret:write];
    145 => SecretGetValue { secret: SecretId, flags: u32 } -> Opaque<SECRET_VALUE_MAX>,
        High, Write, [secret:read_secure];
    146 => SecretUndefine { secret: SecretId } -> (), High, Write, [secret:delete];
    147 => SecretLookupByUsage { usage_type: i32, usage_id: String } -> SecretId,
        High, Read, [secret:getattr];
    287 => ConnectListAllSecrets { need_results: i32, flags: u32 }
        -> struct ConnectListAllSecretsReply { secrets: List<SecretId, SECRET_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_secrets], filter secret:getattr;
}
