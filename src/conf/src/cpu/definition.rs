//! `<cpu>` in a document of its own: the CPU of a host, or one that guests may have.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, check_strict};

use crate::capabilities::HostCpuCapabilities;

use super::x86::Purpose;
use super::{Arch, CpuContent, GuestCpu, HostCpu};

/// A CPU that is compared with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CpuDefinition {
    Host(Box<HostCpu>),
    Guest(Box<GuestCpu>),
}

/// Which kind of CPU a document may describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuKind {
    Host,
    /// One with an `<arch>` is a host's, and others are for guests.
    Either,
}

impl CpuDefinition {
    /// Reads a document whose root is `<cpu>`; a strict reader refuses what no model knows.
    pub fn parse(xml: &str, kind: CpuKind, strict: bool) -> Result<Self> {
        Self::parse_in(xml, kind, strict, ErrorDomain::Xml)
    }

    /// The same; `domain` tells that the text is no XML.
    fn parse_in(xml: &str, kind: CpuKind, strict: bool, domain: ErrorDomain) -> Result<Self> {
        let document = Document::parse(xml, "CPU_definition").map_err(|err| err.or_domain(domain))?;
        Self::read(&document, kind, strict).map_err(|err| err.or_domain(ErrorDomain::Cpu))
    }

    fn read(document: &Document<'_>, kind: CpuKind, strict: bool) -> Result<Self> {
        let node = document.root();
        if node.name() != "cpu" {
            let text = format!("a <cpu> is expected, not <{}>", node.name());
            return Err(node.error(ErrorCode::XmlError, text));
        }
        let is_host = kind == CpuKind::Host || node.child("arch").is_some();
        if strict {
            Self::check(document)?;
        }
        if is_host { read_host(document, &node, kind) } else { read_guest(document) }
    }

    /// Refuses what the schema refuses, of either kind.
    pub(crate) fn check(document: &Document<'_>) -> Result<()> {
        match document.root().child("arch").is_some() {
            // Where hosts describe themselves, more stands beside the CPU.
            true => check_strict::<HostCpuCapabilities>(document),
            false => check_strict::<GuestCpu>(document),
        }
    }

    pub fn content(&self) -> CpuContent {
        match self {
            Self::Host(host) => host.as_ref().into(),
            Self::Guest(guest) => guest.as_ref().into(),
        }
    }

    /// A host's architecture.
    pub fn arch(&self) -> Option<Arch> {
        match self {
            Self::Host(host) => host.arch,
            Self::Guest(_) => None,
        }
    }

    /// The width of physical addresses that a host allows its guests.
    pub fn max_phys_addr_limit(&self) -> Option<std::num::NonZeroU32> {
        let width = match self {
            Self::Host(host) => host.max_phys_addr,
            Self::Guest(guest) => guest.max_phys_addr,
        };
        width.and_then(|width| width.limit)
    }
}

fn read_host(document: &Document<'_>, node: &Node<'_>, kind: CpuKind) -> Result<CpuDefinition> {
    if kind == CpuKind::Either && node.attr("match").is_some() {
        let text = "a <cpu> with an <arch> is a host's and can't have 'match'";
        return Err(node.error(ErrorCode::XmlError, text).domain(ErrorDomain::Cpu));
    }
    for name in ["mode", "migratable"] {
        if node.attr(name).is_some() {
            let text = format!("attribute '{name}' of <cpu> is only for guests");
            return Err(node.error(ErrorCode::ConfigUnsupported, text));
        }
    }
    let host: HostCpu = document.read()?;
    if host.arch.is_none() {
        let text = "the CPU of a host needs an <arch>";
        return Err(node.error(ErrorCode::XmlError, text).domain(ErrorDomain::Cpu));
    }
    if host.model.is_none() {
        let text = "the CPU of a host needs a <model>";
        return Err(node.error(ErrorCode::XmlError, text).domain(ErrorDomain::Cpu));
    }
    super::guest::check_features(host.features.iter().map(|feature| feature.name.as_str()))?;
    super::guest::check_shape(host.cache.as_ref(), host.max_phys_addr.as_ref())?;
    Ok(CpuDefinition::Host(Box::new(host)))
}

fn read_guest(document: &Document<'_>) -> Result<CpuDefinition> {
    let guest: GuestCpu = document.read()?;
    guest.validate_alone()?;
    Ok(CpuDefinition::Guest(Box::new(guest)))
}

/// The best CPU that several hosts can all give, as a document. `keep` says of each feature whether the hypervisor is
/// told of it at all.
pub fn baseline_of_hosts(
    xmls: &[&str],
    expand: bool,
    migratable: bool,
    keep: impl Fn(Arch, &str) -> bool,
) -> Result<String> {
    let cpus = parse_cpus(xmls, CpuKind::Host)?;
    let contents: Vec<CpuContent> = cpus.iter().map(CpuDefinition::content).collect();
    let arch = cpus.iter().find_map(CpuDefinition::arch).expect("the CPUs of hosts have an architecture");
    let mut baseline = super::baseline(arch, &contents, None, None, migratable)?;
    baseline.features.retain(|feature| keep(arch, &feature.name));
    if expand {
        let mut content = baseline.content();
        super::expand_features(arch, &mut content, Purpose::Guest)?;
        baseline.set_content(content);
    }
    Ok(baseline.into_document())
}

/// Reads the CPUs of several hosts, or of hosts and guests.
pub fn parse_cpus(xmls: &[&str], kind: CpuKind) -> Result<Vec<CpuDefinition>> {
    if xmls.is_empty() {
        return Err(Error::invalid_arg("there are no CPUs").domain(ErrorDomain::Cpu));
    }
    // Of a list, libvirt's CPU code says itself that one is not even XML.
    xmls.iter().map(|xml| CpuDefinition::parse_in(xml, kind, false, ErrorDomain::Cpu)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(xml: &str) -> ErrorCode {
        CpuDefinition::parse(xml, CpuKind::Either, false).expect_err("refused").code()
    }

    #[test]
    fn an_architecture_makes_a_host() {
        let read = |xml| CpuDefinition::parse(xml, CpuKind::Either, false).expect("read");
        let host = read("<cpu><arch>x86_64</arch><model>Penryn</model><feature name='vmx'/></cpu>");
        assert_eq!((host.arch(), host.content().features.len()), (Some(Arch::X86_64), 1));
        let guest = read("<cpu match='exact'><model>Penryn</model></cpu>");
        assert!(matches!(guest, CpuDefinition::Guest(_)));
    }

    #[test]
    fn what_a_host_lacks_is_of_the_cpus_domain() {
        for lack in [
            "<cpu><arch>x86_64</arch></cpu>",
            "<cpu match='exact'><arch>x86_64</arch></cpu>",
            "<cpu><arch>x86_64</arch><model>Penryn</model><feature/></cpu>",
        ] {
            let refused = CpuDefinition::parse(lack, CpuKind::Either, false).expect_err(lack);
            assert_eq!(
                (refused.code(), refused.error_domain()),
                (ErrorCode::XmlError, ErrorDomain::Cpu),
                "{lack}"
            );
        }
    }

    #[test]
    fn what_is_wrong_has_libvirts_codes() {
        assert_eq!(refused("<cpu>"), ErrorCode::XmlDetail);
        assert_eq!(refused("<domain/>"), ErrorCode::XmlError);
        assert_eq!(refused("<cpu match='exact'><arch>x86_64</arch></cpu>"), ErrorCode::XmlError);
        assert_eq!(refused("<cpu mode='custom'><arch>x86_64</arch></cpu>"), ErrorCode::ConfigUnsupported);
        assert_eq!(refused("<cpu><arch>pdp11</arch><model>a</model></cpu>"), ErrorCode::ConfigUnsupported);
        assert_eq!(refused("<cpu><arch>x86_64</arch></cpu>"), ErrorCode::XmlError);
        assert_eq!(refused("<cpu><vendor>Intel</vendor></cpu>"), ErrorCode::XmlError);
        let twice = "<cpu><model>a</model><feature name='vmx'/><feature name='vmx'/></cpu>";
        assert_eq!(refused(twice), ErrorCode::XmlError);
    }
}
