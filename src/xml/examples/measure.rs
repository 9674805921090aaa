//! What parsing and formatting a typical definition costs: `cargo run --release -p ferrovirt-xml --example measure`.

#[path = "../tests/sample/mod.rs"]
#[allow(dead_code)]
mod sample;

use std::hint::black_box;
use std::time::{Duration, Instant};

use ferrovirt_xml::{Document, check_strict, from_str, to_string};
use sample::Domain;

/// The middle of many batches, each long enough for the clock.
fn measure(what: &str, mut work: impl FnMut()) {
    const BATCH: u32 = 100;
    let mut times: Vec<Duration> = (0..101)
        .map(|_| {
            let start = Instant::now();
            (0..BATCH).for_each(|_| work());
            start.elapsed() / BATCH
        })
        .collect();
    times.sort_unstable();
    println!("{what:<28}{:>8.1} µs", times[times.len() / 2].as_secs_f64() * 1e6);
}

fn main() {
    let text = include_str!("../tests/sample/domain.xml");
    let document = Document::parse(text, "sample").expect("the sample is well-formed");
    let domain: Domain = document.read().expect("the sample is a domain");
    println!("{} bytes", text.len());
    measure("text to tree", || drop(black_box(Document::parse(black_box(text), "sample"))));
    measure("tree to model", || drop(black_box(black_box(&document).read::<Domain>())));
    measure("model to text", || drop(black_box(to_string(black_box(&domain)))));
    measure("strict check", || drop(black_box(check_strict::<Domain>(black_box(&document)))));
    measure("all: text to model to text", || {
        let domain: Domain = from_str(black_box(text), "sample").expect("the sample is a domain");
        drop(black_box(to_string(&domain)));
    });
}
