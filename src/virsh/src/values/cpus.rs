//! Sets of CPUs: `0-3,^2,7` and their maps.

use ferrovirt::driver::CpuMap;

/// Reads a list of CPUs below `limit`; `r` is all of them, `^N` takes one out again.
pub fn parse(text: &str, limit: usize) -> Option<CpuMap> {
    if text == "r" {
        return Some((0..limit).collect());
    }
    let mut chosen = std::collections::BTreeSet::new();
    for part in text.split(',') {
        let part = part.trim();
        if let Some(out) = part.strip_prefix('^') {
            chosen.remove(&one(out)?);
        } else if let Some((first, last)) = part.split_once('-') {
            let (first, last) = (one(first)?, one(last)?);
            if last < first || last > 1 << 16 {
                return None;
            }
            chosen.extend(first..=last);
        } else {
            chosen.insert(one(part)?);
        }
    }
    (!chosen.is_empty()).then(|| chosen.into_iter().filter(|cpu| *cpu < limit.max(1 << 16)).collect())
}

/// Whether a text is a list, be it one of no CPU at all.
pub fn is_list(text: &str) -> bool {
    text.split(',').all(|part| {
        let part = part.trim().trim_start_matches('^');
        part.split('-').count() <= 2 && part.split('-').all(|number| one(number).is_some())
    })
}

fn one(text: &str) -> Option<usize> {
    text.trim().parse().ok()
}

/// Ranges, as in `0-3,7`; nothing for an empty set.
pub fn format(map: &CpuMap, limit: usize) -> String {
    let members: Vec<usize> = map.iter().filter(|cpu| *cpu < limit).collect();
    ranges(&members)
}

/// Ascending numbers as ranges.
pub fn ranges(members: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &cpu in members {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == cpu => *last = cpu,
            _ => parts.push((cpu, cpu)),
        }
    }
    let texts: Vec<String> = parts
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    texts.join(",")
}

/// One letter a CPU: `y` for members, `-` for others.
pub fn letters(map: &CpuMap, limit: usize) -> String {
    (0..limit).map(|cpu| if map.contains(cpu) { 'y' } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_and_told_as_ranges() {
        let map = parse("0-3,^2,7", 16).unwrap();
        assert_eq!(format(&map, 16), "0-1,3,7");
        assert_eq!(letters(&map, 8), "yy-y---y");
        assert_eq!(format(&parse("r", 4).unwrap(), 4), "0-3");
        assert!(parse("3-1", 4).is_none());
        assert!(parse("x", 4).is_none());
    }
}
