//! The caches that CPUs share, from the second level up.

use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::Result;

use crate::kernel_files::KernelFiles;
use crate::topology;

const CPUS: &str = "sys/devices/system/cpu";
/// Caches below it belong to a core and can't be divided.
const LOWEST_LEVEL: u32 = 2;

/// A cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Tells it from others of its level.
    pub id: u32,
    pub level: u32,
    pub kind: CacheKind,
    /// In bytes.
    pub size: u64,
    pub cpus: CpuSet,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKind {
    Unified,
    Instruction,
    Data,
}

/// All caches from the second level up, by level and number.
pub fn caches(files: &KernelFiles) -> Result<Vec<Cache>> {
    let mut found: Vec<Cache> = Vec::new();
    for cpu in topology::online(files)?.iter() {
        let folder = format!("{CPUS}/cpu{cpu}/cache");
        for index in files.numbered(&folder, "index")? {
            let known = cache(files, &format!("{folder}/index{index}"))?;
            let new = known.filter(|cache| cache.level >= LOWEST_LEVEL && !found.contains(cache));
            found.extend(new);
        }
    }
    found.sort_by_key(|cache| (cache.level, cache.id));
    Ok(found)
}

/// A cache; `None` where the kernel does not tell all about it.
fn cache(files: &KernelFiles, folder: &str) -> Result<Option<Cache>> {
    let file = |name: &str| format!("{folder}/{name}");
    let kind = match files.find_text(&file("type"))?.as_deref() {
        Some("Unified") => CacheKind::Unified,
        Some("Instruction") => CacheKind::Instruction,
        Some("Data") => CacheKind::Data,
        _ => return Ok(None),
    };
    let (id, level) = (files.find_number(&file("id"))?, files.find_number(&file("level"))?);
    let size = files.find_text(&file("size"))?.and_then(|text| bytes(&text));
    let cpus = files.find_set(&file("shared_cpu_list"))?;
    let (Some(id), Some(level), Some(size), Some(cpus)) = (id, level, size, cpus) else { return Ok(None) };
    Ok(Some(Cache { id, level, kind, size, cpus }))
}

/// What `1024K` is in bytes.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    #[test]
    fn a_shared_cache_is_told_once_and_the_first_level_never() {
        let mut files = vec![("sys/devices/system/cpu/online".to_owned(), "0-1".to_owned())];
        for cpu in 0..2 {
            for (index, level, kind, size, id, cpus) in [
                (0, 1, "Data", "48K", cpu, cpu.to_string()),
                (2, 2, "Unified", "1024K", cpu, cpu.to_string()),
                (3, 3, "Unified", "32768K", 0, "0-1".to_owned()),
            ] {
                let folder = format!("sys/devices/system/cpu/cpu{cpu}/cache/index{index}");
                for (name, text) in [
                    ("level", level.to_string()),
                    ("type", kind.to_owned()),
                    ("size", size.to_owned()),
                    ("id", id.to_string()),
                    ("shared_cpu_list", cpus),
                ] {
                    files.push((format!("{folder}/{name}"), text));
                }
            }
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        let (_root, files) = tree(&files);
        let caches = caches(&files).expect("readable");
        let told: Vec<_> = caches.iter().map(|c| (c.level, c.id, c.size, c.cpus.to_string())).collect();
        let (mega, all) = (1 << 20, "0-1".to_owned());
        assert_eq!(told, [(2, 0, mega, "0".into()), (2, 1, mega, "1".into()), (3, 0, 32 * mega, all)]);
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(
            (bytes("3"), bytes("3K"), bytes("2M"), bytes("3X")),
            (Some(3), Some(3072), Some(2 << 20), None)
        );
    }
}
