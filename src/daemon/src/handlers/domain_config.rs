//! Descriptions of domains and what belongs to them.

use super::answers;
use crate::client::Client;
use ferrovirt_core::driver::SecurityLabel;
use ferrovirt_core::{Error, abi};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;
use ferrovirt_rpc::xdr::CharList;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainGetXmlDesc |on, call| on.domain(call.dom).xml_desc(call.flags);
        DomainGetAutostart |on, call| on.domain(call.dom).autostart();
        DomainSetAutostart |on, call| on.domain(call.dom).set_autostart(call.autostart != 0);
        DomainGetAutostartOnce |on, call| on.domain(call.dom).autostart_once();
        DomainSetAutostartOnce |on, call| on.domain(call.dom).set_autostart_once(call.autostart != 0);
        DomainGetSecurityLabel |on, call| on.domain(call.dom).security_label().map(label);
        DomainGetSecurityLabelList |on, call| {
            let labels = on.domain(call.dom).security_label_list()?;
            let ret = i32::try_from(labels.len()).unwrap_or(i32::MAX);
            let labels = labels.into_iter().map(label).collect();
            Ok::<_, Error>(DomainGetSecurityLabelListReply { labels, ret })
        };
        ConnectDomainXmlFromNative |on, call| {
            on.domain_xml_from_native(&call.native_format, &call.native_config, call.flags)
        };
        ConnectDomainXmlToNative |on, call| {
            on.domain_xml_to_native(&call.native_format, &call.domain_xml, call.flags)
        };
        DomainSetMetadata |on, call| on.domain(call.dom).set_metadata(
            call.kind,
            call.metadata.as_deref(),
            call.key.as_deref(),
            call.uri.as_deref(),
            call.flags,
        );
        DomainGetMetadata |on, call| on.domain(call.dom).metadata(call.kind, call.uri.as_deref(), call.flags);
        DomainGetHostname |on, call| on.domain(call.dom).hostname(call.flags);
        DomainGetMessages |on, call| on.domain(call.dom).messages(call.flags);
        DomainAttachDevice |on, call| on.domain(call.dom).attach_device_live(&call.xml);
        DomainDetachDevice |on, call| on.domain(call.dom).detach_device(&call.xml, abi::VIR_DOMAIN_AFFECT_LIVE);
        DomainAttachDeviceFlags |on, call| on.domain(call.dom).attach_device(&call.xml, call.flags);
        DomainDetachDeviceFlags |on, call| on.domain(call.dom).detach_device(&call.xml, call.flags);
        DomainUpdateDeviceFlags |on, call| on.domain(call.dom).update_device(&call.xml, call.flags);
        DomainDetachDeviceAlias |on, call| on.domain(call.dom).detach_device_alias(&call.alias, call.flags);
    }
}

fn label(label: SecurityLabel) -> DomainGetSecurityLabelReply {
    DomainGetSecurityLabelReply { label: CharList(label.label), enforcing: label.enforcing.into() }
}
