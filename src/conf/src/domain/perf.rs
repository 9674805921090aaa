//! `<perf>`: which of the host's counters are kept for the guest.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<event>` of `<perf>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct PerfEvent {
    #[xml(attr)]
    pub name: PerfEventName,
    #[xml(attr)]
    pub enabled: YesNo,
}

/// What can be counted, in the order of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum PerfEventName {
    Cmt,
    Mbmt,
    Mbml,
    #[xml(name = "cpu_cycles")]
    CpuCycles,
    Instructions,
    #[xml(name = "cache_references")]
    CacheReferences,
    #[xml(name = "cache_misses")]
    CacheMisses,
    #[xml(name = "branch_instructions")]
    BranchInstructions,
    #[xml(name = "branch_misses")]
    BranchMisses,
    #[xml(name = "bus_cycles")]
    BusCycles,
    #[xml(name = "stalled_cycles_frontend")]
    StalledCyclesFrontend,
    #[xml(name = "stalled_cycles_backend")]
    StalledCyclesBackend,
    #[xml(name = "ref_cpu_cycles")]
    RefCpuCycles,
    #[xml(name = "cpu_clock")]
    CpuClock,
    #[xml(name = "task_clock")]
    TaskClock,
    #[xml(name = "page_faults")]
    PageFaults,
    #[xml(name = "context_switches")]
    ContextSwitches,
    #[xml(name = "cpu_migrations")]
    CpuMigrations,
    #[xml(name = "page_faults_min")]
    PageFaultsMin,
    #[xml(name = "page_faults_maj")]
    PageFaultsMaj,
    #[xml(name = "alignment_faults")]
    AlignmentFaults,
    #[xml(name = "emulation_faults")]
    EmulationFaults,
}

impl PerfEvent {
    /// Refuses events that are there twice.
    pub fn validate_all(events: &[Self]) -> Result<()> {
        for (index, event) in events.iter().enumerate() {
            if events[..index].iter().any(|earlier| earlier.name == event.name) {
                return Err(Error::xml(format!("perf event '{}' is there twice", event.name)));
            }
        }
        Ok(())
    }
}
