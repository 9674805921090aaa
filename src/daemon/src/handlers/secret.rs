//! Secrets.

use super::{answers, listed, named};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        ConnectNumOfSecrets |on, _| on.count(on.list_secrets(), || on.list_all_secrets(0));
        ConnectListSecrets |on, call| {
            named(on.names(on.list_secrets(), || on.list_all_secrets(0)), call.maxuuids)
        };
        ConnectListAllSecrets |on, call| {
            let (secrets, ret) = listed(on.seen(on.list_all_secrets(call.flags))?, call.need_results);
            Ok::<_, Error>(ConnectListAllSecretsReply { secrets, ret })
        };
        SecretLookupByUuid |on, call| on.lookup_secret_by_uuid(call.uuid);
        SecretLookupByUsage |on, call| on.lookup_secret_by_usage(call.usage_type, &call.usage_id);
        SecretDefineXml |on, call| on.define_secret(&call.xml, call.flags);
        SecretGetXmlDesc |on, call| on.secret(call.secret).xml_desc(call.flags);
        SecretSetValue |on, call| on.secret(call.secret).set_value(&call.value, call.flags);
        SecretGetValue |on, call| on.secret(call.secret).value(call.flags);
        SecretUndefine |on, call| on.secret(call.secret).undefine();
    }
}
