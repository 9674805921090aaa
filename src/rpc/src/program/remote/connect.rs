//! The connection itself: opening it, logging in, what it can do.

use crate::limits::*;
use crate::procedure::procedures;
use crate::values::Params;
use crate::xdr::{CharBytes, List};

procedures! {
    Remote;
    1 => ConnectOpen { name: Option<String>, flags: u32 } -> (), High, Read, [connect:getattr];
    2 => ConnectClose -> (), High, Read, [];
    3 => ConnectGetType -> String, High, Read, [connect:getattr];
    4 => ConnectGetVersion -> u64, High, Read, [connect:getattr];
    5 => ConnectGetMaxVcpus { kind: Option<String> } -> i32, High, Read, [connect:read];
    7 => ConnectGetCapabilities -> String, Normal, Read, [connect:read];
    59 => ConnectGetHostname -> String, High, Read, [connect:getattr];
    60 => ConnectSupportsFeature { feature: i32 } -> i32, High, Read, [connect:getattr];
    66 => AuthList -> List<i32, AUTH_TYPE_LIST_MAX>, High, Read, [];
    67 => AuthSaslInit -> String, High, Read, [];
    68 => AuthSaslStart { mech: String, nil: i32, data: CharBytes<AUTH_SASL_DATA_MAX> }
        -> struct AuthSaslStartReply { complete: i32, nil: i32, data: CharBytes<AUTH_SASL_DATA_MAX> },
        High, Read, [];
    69 => AuthSaslStep { nil: i32, data: CharBytes<AUTH_SASL_DATA_MAX> }
        -> struct AuthSaslStepReply { complete: i32, nil: i32, data: CharBytes<AUTH_SASL_DATA_MAX> },
        High, Read, [];
    70 => AuthPolkit -> i32, High, Read, [];
    110 => ConnectGetUri -> String, High, Read, [connect:getattr];
    149 => ConnectIsSecure -> i32, High, Read, [];
    157 => ConnectGetLibVersion -> u64, High, Read, [connect:getattr];
    158 => ConnectCompareCpu { xml: String, flags: u32 } -> i32, High, Read, [connect:read];
    162 => ConnectBaselineCpu { xml_cpus: List<String, CPU_BASELINE_MAX>, flags: u32 } -> String,
        Normal, Read, [connect:read];
    203 => ConnectGetSysinfo { flags: u32 } -> String, High, Read, [connect:read];
    312 => ConnectGetCpuModelNames { arch: String, need_results: i32, flags: u32 }
        -> struct ConnectGetCpuModelNamesReply { models: List<String, CONNECT_CPU_MODELS_MAX>, ret: i32 },
        Normal, Read, [connect:read];
    342 => ConnectGetDomainCapabilities {
        emulatorbin: Option<String>, arch: Option<String>, machine: Option<String>,
        virttype: Option<String>, flags: u32,
    } -> String,
        Normal, Write, [connect:write];
    360 => ConnectRegisterCloseCallback -> (), High, Read, [connect:getattr];
    361 => ConnectUnregisterCloseCallback -> (), High, Read, [connect:getattr];
    393 => ConnectCompareHypervisorCpu {
        emulator: Option<String>, arch: Option<String>, machine: Option<String>,
        virttype: Option<String>, xml_cpu: String, flags: u32,
    } -> i32,
        Normal, Write, [connect:write];
    394 => ConnectBaselineHypervisorCpu {
        emulator: Option<String>, arch: Option<String>, machine: Option<String>,
        virttype: Option<String>, xml_cpus: List<String, CPU_BASELINE_MAX>, flags: u32,
    } -> String,
        Normal, Write, [connect:write];
    419 => ConnectSetIdentity { params: Params<CONNECT_IDENTITY_PARAMS_MAX>, flags: u32 } -> (),
        Normal, Read, [connect:write];
}
