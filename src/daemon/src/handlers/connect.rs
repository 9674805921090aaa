//! The connection itself: opening it, logging in, what it can do.

use super::domain_guest::texts;
use super::{On, answers};
use crate::access::Known;
use crate::client::Client;
use crate::identity;
use ferrovirt::{AccessMode, Acting};
use ferrovirt_core::abi::{VIR_CONNECT_NO_ALIASES, VIR_CONNECT_RO};
use ferrovirt_core::driver::{Feature, HypervisorChoice};
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::limits::AUTH_SASL_DATA_MAX;
use ferrovirt_rpc::procedure::Procedure;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::{Caller, Dispatch};
use ferrovirt_rpc::xdr::{CharBytes, List};
use std::sync::Arc;

pub(super) fn add(table: &mut Dispatch<Client>) {
    table.on(open);
    table.on(|client: &Client, _: ConnectClose| {
        client.release();
        Ok(())
    });
    table.on(supports_feature);
    table.on(|client: &Client, call: ConnectSetIdentity| {
        On::the(client)?;
        if call.flags != 0 {
            return Err(Error::invalid_arg(format!(
                "there are no flags for an identity, {:#x} came",
                call.flags
            )));
        }
        identity::check(&call.params)?;
        client.set_identity(call.params.0);
        Ok(())
    });
    // The drivers are in this process: a connection to them does not go away by itself.
    table.on(|client: &Client, _: ConnectRegisterCloseCallback| On::the(client).map(|_| ()));
    table.on(|client: &Client, _: ConnectUnregisterCloseCallback| On::the(client).map(|_| ()));
    log_in(table);
    answers! { table;
        ConnectGetType |on, _| on.driver_type();
        ConnectGetVersion |on, _| on.version();
        ConnectGetLibVersion |on, _| on.lib_version();
        ConnectGetHostname |on, _| on.hostname();
        ConnectGetUri |on, _| on.uri();
        ConnectGetMaxVcpus |on, call| on.max_vcpus(call.kind.as_deref());
        ConnectGetCapabilities |on, _| on.capabilities();
        ConnectGetSysinfo |on, call| on.sysinfo(call.flags);
        ConnectIsSecure |on, _| on.is_secure();
        ConnectCompareCpu |on, call| on.compare_cpu(&call.xml, call.flags);
        ConnectBaselineCpu |on, call| on.baseline_cpu(&texts(&call.xml_cpus), call.flags);
        ConnectGetCpuModelNames |on, call| {
            let models = on.cpu_model_names(&call.arch, call.flags)?;
            let ret = models.len() as i32;
            let models = if call.need_results != 0 { models } else { Vec::new() };
            Ok::<_, Error>(ConnectGetCpuModelNamesReply { models: models.into(), ret })
        };
        ConnectGetDomainCapabilities |on, call| {
            let parts = [&call.emulatorbin, &call.arch, &call.machine, &call.virttype];
            on.domain_capabilities(choice(parts), call.flags)
        };
        ConnectCompareHypervisorCpu |on, call| {
            let parts = [&call.emulator, &call.arch, &call.machine, &call.virttype];
            on.compare_hypervisor_cpu(choice(parts), &call.xml_cpu, call.flags)
        };
        ConnectBaselineHypervisorCpu |on, call| {
            let parts = [&call.emulator, &call.arch, &call.machine, &call.virttype];
            on.baseline_hypervisor_cpu(choice(parts), &texts(&call.xml_cpus), call.flags)
        };
    }
}

fn log_in(table: &mut Dispatch<Client>) {
    table.on(|client: &Client, _: AuthList| Ok(List(vec![client.login().offered()])));
    table.on(|client: &Client, _: AuthSaslInit| client.login().sasl_init());
    table.on(|client: &Client, call: AuthSaslStart| {
        let step = client.login().sasl_start(&call.mech, answer(call.nil, call.data.0))?;
        client.note_login();
        let (nil, data) = challenge(step.data);
        Ok(AuthSaslStartReply { complete: step.complete.into(), nil, data })
    });
    table.on(|client: &Client, call: AuthSaslStep| {
        let step = client.login().sasl_step(answer(call.nil, call.data.0))?;
        client.note_login();
        let (nil, data) = challenge(step.data);
        Ok(AuthSaslStepReply { complete: step.complete.into(), nil, data })
    });
    table.on(|client: &Client, _: AuthPolkit| {
        let read_only = client.entrance().read_only;
        client.login().polkit(|| client.daemon().access()?.log_in(client.subject(), read_only))?;
        client.note_login();
        Ok(1)
    });
}

/// A client that has nothing to say says so: that is something else than saying the empty text.
fn answer(nil: i32, data: Vec<u8>) -> Option<Vec<u8>> {
    (nil == 0).then_some(data)
}

fn challenge(data: Option<Vec<u8>>) -> (i32, CharBytes<AUTH_SASL_DATA_MAX>) {
    (data.is_none().into(), CharBytes(data.unwrap_or_default()))
}

fn choice(parts: [&Option<String>; 4]) -> HypervisorChoice<'_> {
    let [emulator, arch, machine, virt_type] = parts.map(Option::as_deref);
    HypervisorChoice { emulator, arch, machine, virt_type }
}

fn open(client: &Client, call: ConnectOpen) -> Result<()> {
    let unknown = call.flags & !(VIR_CONNECT_RO | VIR_CONNECT_NO_ALIASES);
    if unknown != 0 {
        return Err(Error::invalid_arg(format!("unsupported flags ({unknown:#x}) for opening a connection")));
    }
    let read_only = client.entrance().read_only || call.flags & VIR_CONNECT_RO != 0;
    let access = if read_only { AccessMode::ReadOnly } else { AccessMode::ReadWrite };
    let asking = client.downgrade();
    let acting: Acting = Arc::new(move || asking.upgrade().map(|client| client.identity()));
    let connection = client.daemon().host().open(call.name.as_deref(), access, &acting)?;
    if client.is_controlled() {
        let about = Known::connection(&connection)?;
        let rules: Vec<_> = ConnectOpen::ROW.rules.iter().collect();
        client.daemon().access()?.check(client.subject(), &rules, &about)?;
    }
    client.set_connection(connection)
}

/// What the daemon itself can do it answers; the rest is the driver's.
fn supports_feature(client: &Client, call: ConnectSupportsFeature) -> Result<i32> {
    let on = On::the(client)?;
    let Some(feature) = Feature::from_number(call.feature) else { return Ok(0) };
    let supported = match feature {
        Feature::RemoteEventCallback
        | Feature::RemoteCloseCallback
        | Feature::TypedParamString
        | Feature::NetworkUpdateHasCorrectOrder => true,
        Feature::FdPassing => client.entrance().local,
        Feature::ProgramKeepalive => {
            client.start_keepalive();
            true
        }
        // Whether a client's driver is one that asks a daemon only the client knows.
        Feature::Remote => false,
        other => on.supports(other)?,
    };
    Ok(supported.into())
}
