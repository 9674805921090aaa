//! From what a binary has answered to what it can do.

use std::collections::BTreeMap;

use ferrovirt_core::{Error, Result};
use serde_json::Value;

use super::answers::Answers;
use super::queries::{self, HostCpuQueries};
use super::{Accel, Accelerator, Capabilities, CpuProperty, HostCpu, Property, Schema};
use crate::qmp::types::{CpuModelExpansion, ObjectProperty};
use crate::qmp::*;

/// Older ones lack commands that the driver can't do without.
const OLDEST: (u32, u32) = (6, 2);

impl Capabilities {
    /// Makes sense of a probe: the conversation with the best accelerator, and the one without KVM if that was
    /// another process's.
    pub fn from_answers(first: &Answers, without_kvm: Option<&Answers>) -> Result<Self> {
        let version = first.need(&QueryVersion {})?;
        if (version.qemu.major, version.qemu.minor) < OLDEST {
            return Err(Error::config_unsupported(format!(
                "QEMU {} is too old; {}.{} is the oldest that can be used",
                version.qemu, OLDEST.0, OLDEST.1
            )));
        }
        let arch = first.need(&QueryTarget {})?.arch;
        let kvm = first.need(&QueryKvm {})?.enabled;
        let mut accelerators = Vec::new();
        if kvm {
            accelerators.push(Accelerator::from_answers(Accel::Kvm, &arch, first)?);
        }
        let tcg = if kvm { without_kvm } else { Some(without_kvm.unwrap_or(first)) };
        if let Some(answers) = tcg {
            accelerators.push(Accelerator::from_answers(Accel::Tcg, &arch, answers)?);
        }
        let schema = first.raw(&QuerySchema {});
        let schema = schema.ok_or_else(|| Error::internal("QEMU does not tell its schema"))?;
        Ok(Self {
            version: version.qemu,
            package: version.package,
            kvm,
            accelerators,
            types: types(first)?,
            properties: properties(first),
            options: options(first)?,
            schema: Schema::parse(schema.get())?,
            tpm_models: first.get(&QueryTpmModels {}).unwrap_or_default(),
            tpm_types: first.get(&QueryTpmTypes {}).unwrap_or_default(),
            migration_capabilities: migration_capabilities(first),
            gic: first.get(&QueryGicCapabilities {}).unwrap_or_default(),
            sev: first.get(&QuerySevCapabilities {}),
            sgx: first.get(&QuerySgxCapabilities {}),
            arch,
        })
    }
}

impl Accelerator {
    fn from_answers(kind: Accel, arch: &str, answers: &Answers) -> Result<Self> {
        let machines = answers.need(&QueryMachines {})?;
        let cpus = answers.get(&QueryCpuDefinitions {}).unwrap_or_default();
        Ok(Self { kind, machines, cpus, host_cpu: host_cpu(answers, arch, kind == Accel::Kvm) })
    }
}

fn types(answers: &Answers) -> Result<BTreeMap<Box<str>, Option<Box<str>>>> {
    let types = answers.need(&QomListTypes::default())?;
    Ok(types.into_iter().map(|t| (t.name.into(), t.parent.map(Into::into))).collect())
}

fn properties(answers: &Answers) -> BTreeMap<Box<str>, BTreeMap<Box<str>, Property>> {
    let devices = queries::DEVICES.iter().filter_map(|device| {
        let properties = answers.get(&DeviceListProperties { typename: device.to_string() })?;
        Some((device.to_string(), properties))
    });
    let families = queries::family_types(answers);
    let others =
        queries::objects().iter().map(|name| name.to_string()).chain(families).filter_map(|typename| {
            let properties = answers.get(&QomListProperties { typename: typename.clone() })?;
            Some((typename, properties))
        });
    let compact = |properties: Vec<ObjectProperty>| {
        let compact = |told: ObjectProperty| {
            let default = told.default_value.map(|value| value.to_string().into());
            (told.name.into(), Property { kind: told.r#type.into(), default })
        };
        properties.into_iter().map(compact).collect()
    };
    devices.chain(others).map(|(name, properties)| (name.into(), compact(properties))).collect()
}

fn options(answers: &Answers) -> Result<BTreeMap<Box<str>, Vec<Box<str>>>> {
    let options = answers.need(&QueryCommandLineOptions {})?;
    let names =
        |parameters: Vec<types::OptionParameter>| parameters.into_iter().map(|p| p.name.into()).collect();
    Ok(options.into_iter().map(|option| (option.option.into(), names(option.parameters))).collect())
}

fn migration_capabilities(answers: &Answers) -> Vec<String> {
    let known = answers.get(&QueryMigrateCapabilities {}).unwrap_or_default();
    known.into_iter().map(|capability| capability.capability).collect()
}

fn host_cpu(answers: &Answers, arch: &str, kvm: bool) -> Option<HostCpu> {
    let queries = HostCpuQueries::for_target(arch, kvm);
    let main = queries.main.iter().find_map(|query| answers.get(query))?;
    let all = queries.not_migratable.and_then(|query| answers.get(&query));
    let deprecated = match queries.full.and_then(|query| answers.get(&query)) {
        Some(full) => full.deprecated_props,
        None => main.deprecated_props,
    };
    let hyperv =
        queries.hyperv.and_then(|query| answers.get(&query)).and_then(|expansion| expansion.model.props);
    let mut hyperv = migratability(hyperv.unwrap_or_default(), None);
    hyperv.retain(|property| property.name.starts_with("hv-"));
    let properties = migratability(main.model.props.unwrap_or_default(), all);
    Some(HostCpu { model: main.model.name, properties, deprecated, hyperv })
}

/// A switch that is on in the migratable expansion can be migrated; one that only the other has on can't.
fn migratability(main: Properties, all: Option<CpuModelExpansion>) -> Vec<CpuProperty> {
    let all = all.map(|expansion| expansion.model.props.unwrap_or_default());
    let classify = |(name, value): (String, Value)| {
        let unrestricted = all.as_ref().and_then(|all| all.get(&name));
        let (value, migratable) = match (&value, unrestricted) {
            (Value::Bool(true), Some(Value::Bool(_))) => (value, Some(true)),
            (Value::Bool(false), Some(Value::Bool(true))) => (Value::Bool(true), Some(false)),
            _ => (value, None),
        };
        CpuProperty { name, value, migratable }
    };
    main.into_iter().map(classify).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_only_the_full_host_has_is_not_migratable() {
        let main = json!({"a": true, "b": false, "c": false, "n": 3}).as_object().expect("object").clone();
        let props = json!({"a": true, "b": true, "c": false, "n": 4}).as_object().cloned();
        let all = CpuModelExpansion {
            model: types::CpuModel { name: "base".into(), props },
            deprecated_props: Vec::new(),
        };
        let merged = migratability(main, Some(all));
        let told = |name: &str| {
            let property = merged.iter().find(|p| p.name == name).expect("there");
            (property.value.clone(), property.migratable)
        };
        assert_eq!(told("a"), (json!(true), Some(true)));
        assert_eq!(told("b"), (json!(true), Some(false)));
        assert_eq!(told("c"), (json!(false), None));
        assert_eq!(told("n"), (json!(3), None));
    }
}
