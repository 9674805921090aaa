//! The page itself: counts, then one table a subject.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{Function, Served, Status, Subject};

const INTRODUCTION: &str = "\
# What works

<!-- Made by `cargo xtask codegen`. Don't edit: a test compares it with the code. -->

Every public function of libvirt 11.3.0 is exported. This page says which of them do their work. It is read off the
code: a driver has a ✓ where it overrides the methods that the function needs. *Library* functions need no driver, such
as those for errors, typed parameters and the event loop, and those that only read or release a handle. A missing
function is there to be linked and called, and always fails: with `VIR_ERR_NO_SUPPORT` once its arguments are found right.

A ✓ says that the function does its work, not that it knows every flag and every element.
";

pub fn write(status: &Status) -> String {
    let mut page = INTRODUCTION.to_owned();
    write_counts(&mut page, status);
    for subject in &status.subjects {
        write_subject(&mut page, status, subject);
    }
    write_documents(&mut page, status);
    page
}

fn write_documents(page: &mut String, status: &Status) {
    page.push_str(
        "\n## Documents\n\nOf libvirt's own test documents, how many are read and printed as its tests expect, or refused where they \
         do (`cargo xtask conformance xml`).\n\n| | the same | of |\n| --- | ---: | ---: |\n",
    );
    for count in &status.documents {
        row(page, &[&count.suite, &count.same.to_string(), &count.all.to_string()]);
    }
}

fn write_counts(page: &mut String, status: &Status) {
    let all: Vec<&Function> = status.subjects.iter().flat_map(|subject| &subject.functions).collect();
    let count = |wanted: &dyn Fn(&Function) -> bool| all.iter().filter(|function| wanted(function)).count();
    page.push_str("\n| | functions that work | of |\n| --- | ---: | ---: |\n");
    let library = count(&|function| function.served == Served::Library);
    row(page, &["library", &library.to_string(), ""]);
    for driver in &status.drivers {
        let serves =
            count(&|function| matches!(&function.served, Served::By(drivers) if drivers.contains(driver)));
        let asked = count(&|function| function.asked.contains(driver));
        row(page, &[driver, &serves.to_string(), &asked.to_string()]);
    }
    let working = count(&|function| !function.served.is_missing());
    row(page, &["by any of them", &working.to_string(), &all.len().to_string()]);
}

fn write_subject(page: &mut String, status: &Status, subject: &Subject) {
    let _ = write!(page, "\n## {}\n\n", subject.title);
    let (missing, present): (Vec<_>, Vec<_>) =
        subject.functions.iter().partition(|function| function.served.is_missing());
    let serving: BTreeSet<&String> = subject.functions.iter().flat_map(|function| &function.asked).collect();
    let columns: Vec<&String> = status.drivers.iter().filter(|driver| serving.contains(driver)).collect();
    let with_library = present.iter().any(|function| function.served == Served::Library);
    if !present.is_empty() {
        let mut heads = vec!["function"];
        heads.extend(with_library.then_some("library"));
        heads.extend(columns.iter().map(|column| column.as_str()));
        row(page, &heads);
        let rules = heads.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { ":---:" });
        row(page, &rules.collect::<Vec<_>>());
    }
    for function in &present {
        let name = format!("`{}`", function.name);
        let tick = |yes: bool| if yes { "✓" } else { "" };
        let mut cells = vec![name.as_str()];
        cells.extend(with_library.then_some(tick(function.served == Served::Library)));
        cells.extend(columns.iter().map(|column| {
            tick(matches!(&function.served, Served::By(drivers) if drivers.contains(*column)))
        }));
        row(page, &cells);
    }
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|function| format!("`{}`", function.name)).collect();
        let gap = if present.is_empty() { "" } else { "\n" };
        let _ = writeln!(page, "{gap}Missing: {}.", names.join(", "));
    }
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
