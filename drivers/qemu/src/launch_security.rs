//! Guests whose memory the host can't read: what their owner can measure, and the secret that the owner hands in.

use crate::api::refuse_flags;
use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::{Properties, QuerySev, QuerySevLaunchMeasure, SevInjectLaunchSecret};
use crate::vm::{View, Vm};
use ferrovirt_conf::domain::LaunchSecurity;
use ferrovirt_core::abi::{self, VIR_TYPED_PARAM_STRING, VIR_TYPED_PARAM_ULLONG};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, KnownParam, Result, TypedParams};
use serde_json::Value;
use std::sync::Arc;

/// What can be told of a guest's launch; nothing where its memory is no secret.
pub fn info(shared: &Shared, view: &View, flags: u32) -> Result<TypedParams> {
    let definition = view.current()?;
    let security = definition.model.launch_security.as_deref();
    let Some(LaunchSecurity::Sev(_) | LaunchSecurity::SevSnp(_)) = security else {
        return Ok(TypedParams::new());
    };
    refuse_flags(flags, abi::VIR_TYPED_PARAM_STRING_OKAY, "virDomainGetLaunchSecurityInfo")?;
    let live = view.live.as_ref().ok_or_else(|| {
        let text = format!("domain '{}' is not running: nothing of it has been measured", view.name);
        Error::operation_invalid(text).domain(ErrorDomain::Domain)
    })?;
    match security {
        Some(LaunchSecurity::SevSnp(_)) => snp_info(shared, live),
        _ => sev_info(shared, live),
    }
}

fn number(told: &Value, name: &str) -> u64 {
    told.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn add_common(params: &mut TypedParams, told: &Value) {
    let small = |name: &str| u32::try_from(number(told, name)).unwrap_or_default();
    params.add(abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MAJOR, small("api-major"));
    params.add(abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MINOR, small("api-minor"));
    params.add(abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_BUILD_ID, small("build-id"));
}

fn sev_info(shared: &Shared, live: &Live) -> Result<TypedParams> {
    let measured = live.ask(&shared.reactor, QuerySevLaunchMeasure {})?;
    let told = live.ask(&shared.reactor, QuerySev {})?;
    let mut params = TypedParams::new();
    params.add(abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_MEASUREMENT, measured.data);
    add_common(&mut params, &told);
    let policy = u32::try_from(number(&told, "policy")).unwrap_or_default();
    params.add(abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_POLICY, policy);
    Ok(params)
}

/// It measures itself, by a report that the guest asks for.
fn snp_info(shared: &Shared, live: &Live) -> Result<TypedParams> {
    let told = live.ask(&shared.reactor, QuerySev {})?;
    let mut params = TypedParams::new();
    add_common(&mut params, &told);
    params.add(abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_SNP_POLICY, number(&told, "snp-policy"));
    Ok(params)
}

/// A secret of the guest's owner, which only the guest can read.
pub struct Secret {
    header: Option<String>,
    text: Option<String>,
    address: Option<u64>,
}

impl Secret {
    pub fn of(params: &TypedParams) -> Result<Self> {
        let (header, text, address) = (
            abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER,
            abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET,
            abi::VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS,
        );
        params.check(&[
            KnownParam { name: header, kind: VIR_TYPED_PARAM_STRING as i32, multiple: false },
            KnownParam { name: text, kind: VIR_TYPED_PARAM_STRING as i32, multiple: false },
            KnownParam { name: address, kind: VIR_TYPED_PARAM_ULLONG as i32, multiple: false },
        ])?;
        let string = |name: &str| Ok::<_, Error>(params.get_string(name)?.map(str::to_owned));
        Ok(Self { header: string(header)?, text: string(text)?, address: params.get_ullong(address)? })
    }
}

/// Hands a secret to a guest that has not run yet. The caller holds its job.
pub fn inject(shared: &Shared, vm: &Arc<Vm>, secret: &Secret) -> Result<()> {
    let view = vm.view();
    if !matches!(view.current()?.model.launch_security.as_deref(), Some(LaunchSecurity::Sev(_))) {
        let text =
            format!("only a guest with SEV takes a launch secret, and domain '{}' has none", vm.name());
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    let (Some(header), Some(text)) = (&secret.header, &secret.text) else {
        return Err(Error::invalid_arg(
            "a launch secret consists of the secret and its header; one is missing",
        ));
    };
    let live = vm.live()?;
    if view.state != abi::VIR_DOMAIN_PAUSED as i32 {
        let text = format!("domain '{}' runs: a launch secret comes before that", vm.name());
        return Err(Error::operation_invalid(text));
    }
    let mut properties = Properties::new();
    properties.insert("packet-header".into(), header.as_str().into());
    properties.insert("secret".into(), text.as_str().into());
    if let Some(address) = secret.address {
        properties.insert("gpa".into(), address.into());
    }
    live.ask(&shared.reactor, SevInjectLaunchSecret(properties)).map(drop)
}
