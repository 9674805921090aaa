//! What a host's CPU says of itself in the terms of its architecture, and the model that this is.

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::x86::{self, Allowed, Decoded, Purpose, RawCpu};
use super::{arm, ppc64};

/// The registers of a host's CPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeCpu {
    X86(RawCpu),
    /// The main identification register, and what `AT_HWCAP` says.
    Arm {
        midr: u64,
        hwcap: u64,
    },
    /// The processor version register.
    Power(u32),
}

impl NativeCpu {
    /// The model that it is, of those that are allowed, and what differs from that.
    pub fn describe(&self, purpose: Purpose, allowed: Option<&Allowed>) -> Result<Decoded> {
        let content = match self {
            Self::X86(raw) => return x86::decode(&raw.data(), purpose, allowed),
            Self::Arm { midr, hwcap } => arm::decode(*midr, *hwcap)?,
            Self::Power(version) => ppc64::decode(*version)?,
        };
        let name = content.model.as_deref().unwrap_or_default();
        if allowed.is_some_and(|allowed| allowed.get(name).is_none()) {
            let text = format!("the hypervisor has no CPU model '{name}'");
            return Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu));
        }
        Ok(Decoded { content, signature: None })
    }

    /// Whether its time stamps go on at the same pace whatever it does.
    pub fn has_invariant_tsc(&self) -> bool {
        match self {
            Self::X86(raw) => {
                let place = x86::X86Map::get().feature("invtsc");
                place.is_some_and(|place| raw.features().contains(place))
            }
            _ => false,
        }
    }
}
