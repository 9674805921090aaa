//! Mutations: what a hostile or careless hand might make of a text.

/// Numbers that look random and follow from a seed (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // A seed of zero would stay zero; small seeds are spread over all bits.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.number() % end as u64) as usize }
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What stands where something else should.
const VALUES: &[&str] = &[
    "",
    " ",
    "-1",
    "0",
    "1",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "4294967296",
    "0x10",
    "1e309",
    "NaN",
    "yes",
    "off",
    "a b",
    "../../../etc/passwd",
    "%s%n",
    "&lt;&amp;&quot;",
    "&#0;",
    "&#x10ffff;",
    "\u{fffd}\u{1f980}",
    "ff:ff:ff:ff:ff:ff",
    "255.255.255.255",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    "6f6f6f6f-6f6f-6f6f-6f6f-6f6f6f6f6f6f",
    "99999999999999999999999999999999999999999999999999",
];

/// One to four mutations of `text`; some take a piece of `other`.
pub fn mutate(random: &mut Random, text: &[u8], other: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=random.below(4) {
        text = once(random, text, other);
        // Doubling must not run away.
        text.truncate(1 << 16);
    }
    text
}

fn once(random: &mut Random, mut text: Vec<u8>, other: &[u8]) -> Vec<u8> {
    match random.below(9) {
        // A value in quotes or between tags becomes another.
        0..=2 => match quoted(random, &text) {
            Some(range) => {
                let value = random.pick(VALUES).as_bytes().to_vec();
                text.splice(range, value);
                text
            }
            None => text,
        },
        // A line goes, comes twice, or moves.
        3 => with_lines(&text, |lines| {
            let line = random.below(lines.len());
            lines.remove(line);
        }),
        4 => with_lines(&text, |lines| {
            let (line, place) = (random.below(lines.len()), random.below(lines.len()));
            let copy = lines[line].to_vec();
            lines.insert(place, copy);
        }),
        // Lines of another document come in.
        5 => with_lines(&text, |lines| {
            let others: Vec<&[u8]> = other.split(|byte| *byte == b'\n').collect();
            let (from, place) = (random.below(others.len()), random.below(lines.len()));
            let count = 1 + random.below(4);
            for line in others.iter().skip(from).take(count) {
                lines.insert(place, line.to_vec());
            }
        }),
        // It ends early.
        6 => {
            let end = random.below(text.len());
            text.truncate(end);
            text
        }
        // A byte becomes another, or goes.
        7 => {
            let place = random.below(text.len());
            if let Some(byte) = text.get_mut(place) {
                *byte = random.number() as u8;
            }
            text
        }
        // A piece is repeated.
        _ => {
            let start = random.below(text.len());
            let piece: Vec<u8> = text[start..].iter().take(1 + random.below(40)).copied().collect();
            let times = 1 + random.below(64);
            text.splice(start..start, piece.repeat(times));
            text
        }
    }
}

fn with_lines(text: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    change(&mut lines);
    lines.join(&b'\n')
}

/// The place of some value: between quotes, or between `>` and `<` of one line.
fn quoted(random: &mut Random, text: &[u8]) -> Option<std::ops::Range<usize>> {
    let begins = |at: &usize| matches!(text[*at], b'\'' | b'"' | b'>');
    let starts: Vec<usize> = (0..text.len()).filter(begins).collect();
    let start = *starts.get(random.below(starts.len()))? + 1;
    let close = match text[start - 1] {
        b'>' => b'<',
        quote => quote,
    };
    let length = text[start..].iter().position(|byte| *byte == close || *byte == b'\n')?;
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_text() {
        let text = b"<a b='c'>\n  <d>e</d>\n</a>\n";
        let make = |seed| mutate(&mut Random::new(seed), text, b"<x/>\n<y/>");
        let all: Vec<_> = (0..200).map(make).collect();
        assert_eq!(all, (0..200).map(make).collect::<Vec<_>>());
        assert!(all.iter().filter(|made| made.as_slice() != text).count() > 150);
        // Nothing to mutate is mutated as well.
        (0..200).for_each(|seed| {
            mutate(&mut Random::new(seed), b"", b"");
        });
    }
}
