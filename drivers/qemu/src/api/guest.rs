//! What the agent in a guest answers: file systems, time, users, vCPUs.

use crate::agent::{Patience, files, info};
use crate::driver::QemuDriver;
use crate::qmp::RtcResetReinjection;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::driver::{DomainGuest, FsInfo, GuestTime};
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams, abi};
use serde_json::{Value, json};

/// What can be told of a guest.
const GROUPS: u32 = abi::VIR_DOMAIN_GUEST_INFO_USERS
    | abi::VIR_DOMAIN_GUEST_INFO_OS
    | abi::VIR_DOMAIN_GUEST_INFO_TIMEZONE
    | abi::VIR_DOMAIN_GUEST_INFO_HOSTNAME
    | abi::VIR_DOMAIN_GUEST_INFO_FILESYSTEM
    | abi::VIR_DOMAIN_GUEST_INFO_INTERFACES
    | abi::VIR_DOMAIN_GUEST_INFO_LOAD;

impl DomainGuest for QemuDriver {
    fn domain_get_fs_info(&self, domain: &DomainId, flags: u32) -> Result<Vec<FsInfo>> {
        super::refuse_flags(flags, 0, "virDomainGetFSInfo")?;
        let asked = self.agent(domain)?;
        let told = asked.ask("guest-get-fsinfo", Value::Null)?;
        Ok(files::infos(&asked.live.definition().model, &told))
    }

    fn domain_fs_trim(
        &self,
        domain: &DomainId,
        mount_point: Option<&str>,
        minimum: u64,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainFSTrim")?;
        if mount_point.is_some() {
            let text = "guest agents trim all file systems: no mount point can be chosen";
            return Err(Error::new(ErrorCode::ArgumentUnsupported, text).domain(ErrorDomain::Qemu));
        }
        self.agent(domain)?.ask("guest-fstrim", json!({"minimum": minimum})).map(drop)
    }

    fn domain_fs_freeze(&self, domain: &DomainId, mount_points: &[&str], flags: u32) -> Result<usize> {
        super::refuse_flags(flags, 0, "virDomainFSFreeze")?;
        let asked = self.agent(domain)?;
        let told = match mount_points {
            [] => asked.ask("guest-fsfreeze-freeze", Value::Null)?,
            some => asked.ask("guest-fsfreeze-freeze-list", json!({"mountpoints": some}))?,
        };
        count(&told)
    }

    fn domain_fs_thaw(&self, domain: &DomainId, mount_points: &[&str], flags: u32) -> Result<usize> {
        super::refuse_flags(flags, 0, "virDomainFSThaw")?;
        if !mount_points.is_empty() {
            let text = "guest agents thaw all file systems: no mount points can be chosen";
            return Err(Error::new(ErrorCode::ArgumentUnsupported, text).domain(ErrorDomain::Qemu));
        }
        count(&self.agent(domain)?.ask("guest-fsfreeze-thaw", Value::Null)?)
    }

    fn domain_get_time(&self, domain: &DomainId, flags: u32) -> Result<GuestTime> {
        super::refuse_flags(flags, 0, "virDomainGetTime")?;
        let told = self.agent(domain)?.ask("guest-get-time", Value::Null)?;
        let nanoseconds = told.as_i64().ok_or_else(|| malformed("guest-get-time"))?;
        Ok(GuestTime {
            seconds: nanoseconds.div_euclid(1_000_000_000),
            nanoseconds: nanoseconds.rem_euclid(1_000_000_000) as u32,
        })
    }

    fn domain_set_time(&self, domain: &DomainId, time: GuestTime, flags: u32) -> Result<()> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_TIME_SYNC, "virDomainSetTime")?;
        let asked = self.agent(domain)?;
        let arguments = match flags & abi::VIR_DOMAIN_TIME_SYNC {
            0 => {
                let seconds = time.seconds.checked_mul(1_000_000_000);
                let nanoseconds = seconds.and_then(|time_| time_.checked_add(i64::from(time.nanoseconds)));
                let nanoseconds = nanoseconds.ok_or_else(|| {
                    let text = format!("{} s since 1970 can't be told to a guest", time.seconds);
                    Error::invalid_arg(text).domain(ErrorDomain::Qemu)
                })?;
                json!({"time": nanoseconds})
            }
            _ => Value::Null,
        };
        asked.ask("guest-set-time", arguments)?;
        // Ticks that the guest has missed must not come on top.
        asked.live.ask(&self.shared.reactor, RtcResetReinjection {}).map(drop)
    }

    fn domain_set_user_password(
        &self,
        domain: &DomainId,
        user: &str,
        password: &str,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_PASSWORD_ENCRYPTED, "virDomainSetUserPassword")?;
        let arguments = json!({
            "username": user,
            "password": STANDARD.encode(password),
            "crypted": flags & abi::VIR_DOMAIN_PASSWORD_ENCRYPTED != 0,
        });
        self.agent(domain)?.ask("guest-set-user-password", arguments).map(drop)
    }

    fn domain_get_guest_info(&self, domain: &DomainId, types: u32, flags: u32) -> Result<TypedParams> {
        super::refuse_flags(flags, 0, "virDomainGetGuestInfo")?;
        if types & !GROUPS != 0 {
            let text = format!("the groups {:#x} of information are not known here", types & !GROUPS);
            return Err(Error::new(ErrorCode::InvalidArg, text).domain(ErrorDomain::Qemu));
        }
        let asked = self.agent(domain)?;
        let definition = asked.live.definition();
        let mut params = TypedParams::new();
        // Who asks for all gets what the agent knows; who chooses is told what it doesn't.
        let mut tell = |group: u32, command: &str, put: &dyn Fn(&mut TypedParams, &Value)| {
            if types != 0 && types & group == 0 {
                return Ok(());
            }
            match asked.ask(command, Value::Null) {
                Ok(told) => put(&mut params, &told),
                Err(err) if err.code() == ErrorCode::AgentCommandFailed && types == 0 => {}
                Err(err) => return Err(err),
            }
            Ok(())
        };
        tell(abi::VIR_DOMAIN_GUEST_INFO_USERS, "guest-get-users", &info::users)?;
        tell(abi::VIR_DOMAIN_GUEST_INFO_OS, "guest-get-osinfo", &info::system)?;
        tell(abi::VIR_DOMAIN_GUEST_INFO_TIMEZONE, "guest-get-timezone", &info::time_zone)?;
        tell(abi::VIR_DOMAIN_GUEST_INFO_HOSTNAME, "guest-get-host-name", &|params, told| {
            params.add("hostname", told["host-name"].as_str().unwrap_or_default());
        })?;
        tell(abi::VIR_DOMAIN_GUEST_INFO_FILESYSTEM, "guest-get-fsinfo", &|params, told| {
            info::file_systems(params, &definition.model, told);
        })?;
        tell(abi::VIR_DOMAIN_GUEST_INFO_INTERFACES, "guest-network-get-interfaces", &info::interfaces)?;
        tell(abi::VIR_DOMAIN_GUEST_INFO_LOAD, "guest-get-load", &info::load)?;
        Ok(params)
    }

    fn domain_authorized_ssh_keys_get(
        &self,
        domain: &DomainId,
        user: &str,
        flags: u32,
    ) -> Result<Vec<String>> {
        super::refuse_flags(flags, 0, "virDomainAuthorizedSSHKeysGet")?;
        let told = self.agent(domain)?.ask("guest-ssh-get-authorized-keys", json!({"username": user}))?;
        let keys = told["keys"].as_array().ok_or_else(|| malformed("guest-ssh-get-authorized-keys"))?;
        Ok(keys.iter().filter_map(|key| Some(key.as_str()?.to_owned())).collect())
    }

    fn domain_authorized_ssh_keys_set(
        &self,
        domain: &DomainId,
        user: &str,
        keys: &[&str],
        flags: u32,
    ) -> Result<()> {
        let append = abi::VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
        let remove = abi::VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
        super::refuse_flags(flags, append | remove, "virDomainAuthorizedSSHKeysSet")?;
        let asked = self.agent(domain)?;
        if flags & remove != 0 {
            let arguments = json!({"username": user, "keys": keys});
            return asked.ask("guest-ssh-remove-authorized-keys", arguments).map(drop);
        }
        let arguments = json!({"username": user, "keys": keys, "reset": flags & append == 0});
        asked.ask("guest-ssh-add-authorized-keys", arguments).map(drop)
    }

    fn domain_agent_set_response_timeout(&self, domain: &DomainId, timeout: i32, flags: u32) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainAgentSetResponseTimeout")?;
        if timeout < abi::VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK {
            let text = format!("a guest agent can't be waited for {timeout} s");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        let vm = self.shared.find(domain)?;
        vm.live()?.agent.set_timeout(timeout);
        Ok(())
    }
}

fn malformed(command: &str) -> Error {
    Error::internal(format!("the guest agent's answer to '{command}' is not what it should be"))
        .domain(ErrorDomain::Qemu)
}

fn count(told: &Value) -> Result<usize> {
    let count = told.as_u64().and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| malformed("guest-fsfreeze"))
}

/// A vCPU as the guest has it.
struct GuestVcpu {
    id: u32,
    online: bool,
    can_offline: bool,
}

fn vcpus(told: &Value) -> Result<Vec<GuestVcpu>> {
    let all = told.as_array().ok_or_else(|| malformed("guest-get-vcpus"))?;
    all.iter()
        .map(|vcpu| {
            let id = vcpu["logical-id"].as_u64().and_then(|id| u32::try_from(id).ok());
            Ok(GuestVcpu {
                id: id.ok_or_else(|| malformed("guest-get-vcpus"))?,
                online: vcpu["online"].as_bool().unwrap_or(false),
                can_offline: vcpu["can-offline"].as_bool().unwrap_or(false),
            })
        })
        .collect()
}

impl QemuDriver {
    /// How many vCPUs the guest uses, or sees at most.
    pub(crate) fn count_vcpus_in_guest(&self, domain: &DomainId, maximum: bool) -> Result<u32> {
        let told = vcpus(&self.agent(domain)?.ask("guest-get-vcpus", Value::Null)?)?;
        Ok(told.iter().filter(|vcpu| maximum || vcpu.online).count() as u32)
    }

    /// Has the guest use so many vCPUs.
    pub(crate) fn set_vcpus_in_guest(&self, domain: &DomainId, wanted: u32, flags: u32) -> Result<()> {
        let vm = self.shared.find(domain)?;
        super::affected(&vm, &vm.view(), flags)?;
        let asked = self.agent(domain)?;
        let there = asked.live.definition().model.vcpu.current();
        if wanted > there {
            let text = format!("the domain has {there} vCPUs, so the guest can't use {wanted}");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        let told = vcpus(&asked.ask("guest-get-vcpus", Value::Null)?)?;
        let online = told.iter().filter(|vcpu| vcpu.online).count() as u32;
        let changed: Vec<Value> = if wanted >= online {
            let off = told.iter().filter(|vcpu| !vcpu.online);
            off.take((wanted - online) as usize).map(|vcpu| state(vcpu.id, true)).collect()
        } else {
            let on = told.iter().rev().filter(|vcpu| vcpu.online && vcpu.can_offline);
            on.take((online - wanted) as usize).map(|vcpu| state(vcpu.id, false)).collect()
        };
        if changed.len() as u32 != wanted.abs_diff(online) {
            let text = format!("the guest can't go from {online} to {wanted} vCPUs");
            return Err(Error::internal(text).domain(ErrorDomain::Qemu));
        }
        self.turn(&asked, changed)
    }

    fn turn(&self, asked: &crate::agent::Asked, changed: Vec<Value>) -> Result<()> {
        let count = changed.len() as u64;
        if count == 0 {
            return Ok(());
        }
        let done = asked.ask("guest-set-vcpus", json!({"vcpus": changed}))?;
        match done.as_u64() {
            Some(done) if done == count => Ok(()),
            _ => Err(Error::internal("the guest has not turned all of its vCPUs").domain(ErrorDomain::Qemu)),
        }
    }

    /// Which vCPUs the guest has, as parameters.
    pub(crate) fn guest_vcpus(&self, domain: &DomainId) -> Result<TypedParams> {
        let told = vcpus(&self.agent(domain)?.ask("guest-get-vcpus", Value::Null)?)?;
        let set = |wanted: &dyn Fn(&GuestVcpu) -> bool| {
            told.iter().filter(|vcpu| wanted(vcpu)).map(|vcpu| vcpu.id).collect::<CpuSet>().to_string()
        };
        let mut params = TypedParams::new();
        params.add("vcpus", set(&|_| true));
        params.add("online", set(&|vcpu| vcpu.online));
        params.add("offlinable", set(&|vcpu| vcpu.can_offline));
        Ok(params)
    }

    /// Turns single vCPUs of the guest on or off.
    pub(crate) fn turn_guest_vcpus(&self, domain: &DomainId, wanted: &CpuSet, enable: bool) -> Result<()> {
        let asked = self.agent(domain)?;
        let told = vcpus(&asked.ask("guest-get-vcpus", Value::Null)?)?;
        for id in wanted.iter() {
            let refuse = |why: &str| {
                Err(Error::invalid_arg(format!("vCPU {id} {why} in the guest")).domain(ErrorDomain::Qemu))
            };
            match told.iter().find(|vcpu| vcpu.id == id) {
                None => return refuse("is not there"),
                Some(vcpu) if !enable && vcpu.online && !vcpu.can_offline => {
                    return refuse("can't be turned off");
                }
                Some(_) => {}
            }
        }
        let differs = |vcpu: &&GuestVcpu| wanted.contains(vcpu.id) && vcpu.online != enable;
        let changed = told.iter().filter(differs).map(|vcpu| state(vcpu.id, enable)).collect();
        self.turn(&asked, changed)
    }

    /// A request straight to the agent; the whole reply comes back as it is.
    pub(crate) fn agent_command(&self, domain: &DomainId, command: &str, timeout: i32) -> Result<String> {
        let reply = self.agent(domain)?.send(command, Patience::of(timeout))?;
        Ok(reply.to_string())
    }
}

fn state(id: u32, online: bool) -> Value {
    json!({"logical-id": id, "online": online})
}
