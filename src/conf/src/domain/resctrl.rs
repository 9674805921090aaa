//! `<cachetune>` and `<memorytune>`: the share of the host's caches and memory bandwidth that some CPUs get.

use crate::values::{CpuSet, Unit, pretty_size, read_size_attr};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Node, Shape, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<cachetune>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct CacheTune {
    #[xml(attr, error = "XmlError@object")]
    pub vcpus: CpuSet,
    /// The allocation's name on the host; only running guests show it.
    #[xml(attr)]
    pub id: Option<String>,
    #[xml(child = "cache")]
    #[serde(default)]
    pub caches: Vec<CacheShare>,
    #[xml(child = "monitor")]
    #[serde(default)]
    pub monitors: Vec<CacheMonitor>,
}

/// `<cache>`: a part of one of the host's caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct CacheShare {
    #[xml(attr)]
    pub id: u32,
    #[xml(attr)]
    pub level: u32,
    #[xml(attr = "type")]
    pub kind: CacheKind,
    #[xml(flatten)]
    pub size: CacheShareSize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum CacheKind {
    Both,
    Code,
    Data,
}

/// In bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheShareSize(pub u64);

impl XmlContent for CacheShareSize {
    fn parse(node: &Node<'_>) -> Result<Self> {
        read_size_attr(node, "size", "KiB", Unit::Bytes).map(Self)
    }

    fn write_attrs(&self, w: &mut Writer) {
        let (count, unit) = pretty_size(self.0);
        w.attr("size", &count);
        w.attr_str("unit", unit);
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}

/// `<monitor>` of caches: their use is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct CacheMonitor {
    #[xml(attr)]
    pub level: u32,
    #[xml(attr, error = "XmlError@object")]
    pub vcpus: CpuSet,
}

/// `<memorytune>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct MemoryTune {
    #[xml(attr, error = "XmlError@object")]
    pub vcpus: CpuSet,
    /// The allocation's name on the host; only running guests show it.
    #[xml(attr)]
    pub id: Option<String>,
    #[xml(child = "node")]
    #[serde(default)]
    pub nodes: Vec<BandwidthShare>,
    #[xml(child = "monitor")]
    #[serde(default)]
    pub monitors: Vec<BandwidthMonitor>,
}

/// `<node>`: a part of the bandwidth of one of the host's memory controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct BandwidthShare {
    #[xml(attr)]
    pub id: u32,
    /// In percent, or MiB a second, as the host counts.
    #[xml(attr)]
    pub bandwidth: u32,
}

/// `<monitor>` of memory bandwidth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct BandwidthMonitor {
    #[xml(attr, error = "XmlError@object")]
    pub vcpus: CpuSet,
}

/// The caches that can be measured.
const MONITORED_LEVEL: u32 = 3;

fn shrink(vcpus: &mut CpuSet, max_vcpus: u32) {
    *vcpus = vcpus.iter().filter(|id| *id < max_vcpus).collect();
}

impl CacheTune {
    /// Drops CPUs that the guest can't have, and what is about none or says nothing, unless it contradicts what is before it.
    pub fn shrink_all(tunes: &mut Vec<Self>, max_vcpus: u32) -> Result<()> {
        for mut tune in std::mem::take(tunes) {
            shrink(&mut tune.vcpus, max_vcpus);
            tune.monitors.iter_mut().for_each(|monitor| shrink(&mut monitor.vcpus, max_vcpus));
            match tune.caches.is_empty() && tune.monitors.is_empty() {
                true => tune.refuse_overlap(tunes)?,
                false if tune.vcpus.is_empty() => {}
                false => tunes.push(tune),
            }
        }
        Ok(())
    }

    fn refuse_overlap(&self, earlier: &[Self]) -> Result<()> {
        match earlier.iter().any(|earlier| earlier.vcpus.overlaps(&self.vcpus)) {
            true => Err(Error::xml(format!("CPUs '{}' are in more than one <cachetune>", self.vcpus))),
            false => Ok(()),
        }
    }

    pub fn fill_all(tunes: &mut [Self]) {
        for tune in tunes {
            tune.caches.sort_by_key(|cache| (cache.level, cache.kind, cache.id));
        }
    }

    /// Refuses CPUs that are in two groups, and monitors that don't fit the group.
    pub fn validate_all(tunes: &[Self]) -> Result<()> {
        for (index, tune) in tunes.iter().enumerate() {
            tune.refuse_overlap(&tunes[..index])?;
            for (at, cache) in tune.caches.iter().enumerate() {
                let same = |other: &CacheShare| {
                    (other.level, other.id) == (cache.level, cache.id)
                        && (other.kind == cache.kind
                            || other.kind == CacheKind::Both
                            || cache.kind == CacheKind::Both)
                };
                if tune.caches[..at].iter().any(same) {
                    let text = format!(
                        "cache {} of level {} is given twice to CPUs '{}'",
                        cache.id, cache.level, tune.vcpus
                    );
                    return Err(Error::xml(text).domain(ErrorDomain::Resctrl));
                }
            }
            if let Some(monitor) = tune.monitors.iter().find(|monitor| monitor.level != MONITORED_LEVEL) {
                let text = format!("caches of level {} can't be monitored, those of 3 can", monitor.level);
                return Err(Error::xml(text));
            }
            let monitors: Vec<&CpuSet> = tune.monitors.iter().map(|monitor| &monitor.vcpus).collect();
            validate_monitors(&tune.vcpus, &monitors, tune.caches.is_empty())?;
        }
        Ok(())
    }
}

impl MemoryTune {
    /// The same as for caches, whose groups count as well.
    pub fn shrink_all(tunes: &mut Vec<Self>, caches: &[CacheTune], max_vcpus: u32) -> Result<()> {
        for mut tune in std::mem::take(tunes) {
            shrink(&mut tune.vcpus, max_vcpus);
            tune.monitors.iter_mut().for_each(|monitor| shrink(&mut monitor.vcpus, max_vcpus));
            match tune.nodes.is_empty() && tune.monitors.is_empty() {
                true => tune.refuse_overlap(tunes, caches)?,
                false if tune.vcpus.is_empty() => {}
                false => tunes.push(tune),
            }
        }
        Ok(())
    }

    fn refuse_overlap(&self, earlier: &[Self], caches: &[CacheTune]) -> Result<()> {
        let clashes = |other: &CpuSet| *other != self.vcpus && other.overlaps(&self.vcpus);
        let in_memory = earlier.iter().any(|earlier| clashes(&earlier.vcpus));
        match in_memory || caches.iter().any(|cache| clashes(&cache.vcpus)) {
            true => {
                let text = format!("<memorytune> has CPUs '{}', some of which another group has", self.vcpus);
                Err(Error::xml(text))
            }
            false => Ok(()),
        }
    }

    /// Puts groups that caches name, too, in their order.
    pub fn fill_all(tunes: &mut [Self], caches: &[CacheTune]) {
        for tune in tunes.iter_mut() {
            tune.nodes.sort_by_key(|node| node.id);
        }
        let place = |vcpus: &CpuSet| caches.iter().position(|cache| cache.vcpus == *vcpus);
        tunes.sort_by_key(|tune| place(&tune.vcpus).unwrap_or(usize::MAX));
    }

    /// Refuses CPUs that are in two groups, and monitors that don't fit the group.
    pub fn validate_all(tunes: &[Self], caches: &[CacheTune]) -> Result<()> {
        for (index, tune) in tunes.iter().enumerate() {
            tune.refuse_overlap(&tunes[..index], caches)?;
            for (at, node) in tune.nodes.iter().enumerate() {
                if tune.nodes[..at].iter().any(|earlier| earlier.id == node.id) {
                    let text = format!("<memorytune> gives node {} twice to CPUs '{}'", node.id, tune.vcpus);
                    return Err(Error::xml(text).domain(ErrorDomain::Resctrl));
                }
            }
            let no_caches =
                caches.iter().filter(|cache| cache.vcpus == tune.vcpus).all(|cache| cache.caches.is_empty());
            let monitors: Vec<&CpuSet> = tune.monitors.iter().map(|monitor| &monitor.vcpus).collect();
            validate_monitors(&tune.vcpus, &monitors, tune.nodes.is_empty() && no_caches)?;
        }
        Ok(())
    }
}

/// Monitors are about CPUs of their group and, but for one of the whole group, not about the same.
fn validate_monitors(group: &CpuSet, monitors: &[&CpuSet], no_allocation: bool) -> Result<()> {
    let wrong = |monitor: &CpuSet, why: &str| {
        Err(Error::new(ErrorCode::InvalidArg, format!("a <monitor> of CPUs '{monitor}' {why}")))
    };
    for (index, monitor) in monitors.iter().enumerate() {
        if monitor.is_empty() {
            return wrong(monitor, "is about none");
        }
        if monitor.iter().any(|id| !group.contains(id)) {
            return wrong(monitor, "goes beyond its group");
        }
        for earlier in &monitors[..index] {
            if earlier == monitor {
                return wrong(monitor, "is there twice");
            }
            let of_group = *earlier == group || *monitor == group;
            if earlier.overlaps(monitor) && (no_allocation || !of_group) {
                return wrong(monitor, "shares some with another");
            }
        }
    }
    Ok(())
}
