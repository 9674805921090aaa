//! libvirt's own cases for virsh: files of commands, and what they make virsh say.

mod common;

use common::{Said, fixed_parts, merged, ours};
use std::path::{Path, PathBuf};

/// Cases that have no file of commands: name, then the words behind `virsh -c test:///default`.
const WORDS: &[(&str, &[&str])] = &[
    ("echo-quote-removal-1", &["echo a \t b"]),
    ("echo-quote-removal-5", &["echo", "'", "\"", "\\;echo\ta"]),
    ("echo-quote-removal-7", &["echo \\' \\\" \\\\;echo\ta"]),
    ("echo-quote-removal-8", &["echo  \"'\"  '\"'  '\\'\"\\\\\""]),
    (
        "echo-escaping-2",
        &[
            "echo", "--shell", "a", "A", "0", "+", "*", ";", ".", "'", "\"", "/", "?", "=", " ", "\n", "<",
            ">", "&",
        ],
    ),
    (
        "echo-escaping-3",
        &[
            "echo", "--xml", "a", "A", "0", "+", "*", ";", ".", "'", "\"", "/", "?", "=", " ", "\n", "<",
            ">", "&",
        ],
    ),
    ("dash-dash-argument-2", &["--", "echo", "a", "--shell"]),
    ("dash-dash-argument-6", &["echo \t '-'\"-\" \t --shell \t a"]),
    ("multiple-commands-2", &["\necho a\n echo b\n"]),
    ("multiple-commands-3", &["ec\\\nho a\n echo \\\n b;"]),
    ("multiple-commands-4", &["\"ec\\\nho\" a\n echo \"\\\n b\";"]),
    ("multiple-commands-5", &["ec\\\nho a\n echo '\\\n b';"]),
    ("multiple-commands-8", &["echo a # b\\\necho c"]),
    ("multiple-commands-9", &["echo a '#' b"]),
    ("multiple-commands-10", &["echo a \\# b"]),
    ("multiple-commands-11", &["#unbalanced; 'quotes\"\necho a # b"]),
    ("multiple-commands-12", &["\\# ignored;echo a\n'#also' ignored"]),
    ("schedinfo-invalid-argument", &["schedinfo", "1", "--set", "j=k"]),
    ("completion-command", &["complete", "--", "ech"]),
    ("completion-args", &["complete", "--", "echo", ""]),
    ("completion-arg-partial", &["complete", "--", "echo", "--xm", "--s"]),
    ("completion-arg-full-bool", &["complete", "--", "echo", "--nonexistant-arg", "--xml"]),
    ("completion-arg-full-string-next", &["complete", "--", "echo", "--nonexistant-arg", "--prefix", ""]),
    ("completion-arg-full-argv", &["complete", "--", "domstats", "--domain"]),
    ("completion-arg-full-argv-next", &["complete", "--", "domstats", "--domain", ""]),
];

/// Cases on the host of several guests that libvirt has as an example, which must lie beside the cases to be run.
const ON_EXAMPLE: &[(&str, &[&str])] = &[
    ("completion-argv-multiple", &["complete", "--", "domstats", "--domain", "fc", "--domain", "fv"]),
    ("completion-argv-multiple-positional", &["complete", "--", "domstats", "--domain", "fc", "fv"]),
    ("completion-argv-multiple-positional-next", &["complete", "--", "domstats", "--domain", "fc", "fv", ""]),
    ("completion-arg-positional-partial", &["complete", "--", "domstate", "fv"]),
    ("completion-arg-positional-partial-next", &["complete", "--", "domstate", "fv", ""]),
];

/// Files of commands, the options before them, and the beginning of lines that differ from run to run.
const SCRIPTS: &[(&str, &[&str], &str)] = &[
    ("attach-disk", &[], "\0"),
    ("checkpoint", &[], "<creationTime"),
    ("completion", &[], "\0"),
    ("echo-alias", &[], "\0"),
    ("echo-escaping", &[], "\0"),
    ("echo-split", &["-q"], "\0"),
    ("help-option", &["-q"], "\0"),
    ("info-default", &[], "\0"),
    ("numeric-parsing", &[], "\0"),
    ("snapshot", &[], "<creationTime"),
];

const SCRIPTS_ON_EXAMPLE: &[(&str, &str)] = &[
    ("domain-id", "CPU time:"),
    ("info-custom", "\0"),
    ("iothreads", "\0"),
    ("script-friendly-options", "\0"),
];

/// Files of commands whose expected output is of the other's words (the help's).
const WORDS_OF_THEIRS: &[&str] = &["help-option"];

fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared").join(part);
    path.exists().then_some(path)
}

#[test]
fn cases_of_libvirt_come_out_the_same() {
    let Some(folder) = shared("fixtures/virshtestdata") else {
        println!("SKIPPED: libvirt's test data is not here");
        return;
    };
    let example = shared("fixtures/testnode.xml")
        .map(|path| format!("test://{}", path.canonicalize().unwrap().display()));
    let mut cases = Vec::new();
    for (name, words) in WORDS {
        cases.push((*name, "test:///default", words.to_vec(), String::new(), "\0"));
    }
    for (name, options, moving) in SCRIPTS {
        cases.push((*name, "test:///default", options.to_vec(), script(&folder, name), *moving));
    }
    match &example {
        None => {
            println!("SKIPPED: {} cases on libvirt's example", ON_EXAMPLE.len() + SCRIPTS_ON_EXAMPLE.len())
        }
        Some(uri) => {
            for (name, words) in ON_EXAMPLE {
                cases.push((*name, uri, words.to_vec(), String::new(), "\0"));
            }
            for (name, moving) in SCRIPTS_ON_EXAMPLE {
                cases.push((*name, uri, Vec::new(), script(&folder, name), *moving));
            }
        }
    }
    let redefine = |kind: &str, last: &str| {
        let (parent, child) = if kind == "snapshot" { ("s3", "s2") } else { ("c3", "c2") };
        let validate = if kind == "snapshot" { " --validate" } else { "" };
        let current = if kind == "snapshot" { " --current" } else { "" };
        format!(
            "cd {} ;echo 'Redefine must be in topological order; this will fail' ;{kind}-create test --redefine \
             {kind}-{child}.xml{validate} ;echo 'correct order' ;{kind}-create test --redefine {kind}-{parent}.xml{validate} \
             ;{kind}-create test --redefine {kind}-{child}.xml{current}{validate} ;{kind}-info test {last}",
            folder.display()
        )
    };
    if folder.join("snapshot-s2.xml").exists() {
        cases.push((
            "snapshot-redefine",
            "test:///default",
            Vec::new(),
            redefine("snapshot", "--current"),
            "\0",
        ));
    }
    if folder.join("checkpoint-c2.xml").exists() {
        cases.push((
            "checkpoint-redefine",
            "test:///default",
            Vec::new(),
            redefine("checkpoint", "c2"),
            "\0",
        ));
    }
    let mut wrong = Vec::new();
    for (name, uri, mut words, script, moving) in cases {
        if !script.is_empty() {
            words.push(&script);
        }
        let Ok(expected) = std::fs::read_to_string(folder.join(format!("{name}.out"))) else {
            println!("SKIPPED: {name} has no expected output here");
            continue;
        };
        let said = said(&merged(&ours(), &[&["-c", uri], &words[..]].concat(), ""));
        let lines = |text: &str| without_moving(text, moving);
        let same = match WORDS_OF_THEIRS.contains(&name) {
            true => lines(&said).len() > 10,
            false => lines(&said) == lines(&expected),
        };
        if !same {
            wrong.push(format!("{name}\n--- expected\n{expected}--- here\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// The lines but for those whose beginning moves from run to run; the white space before that stays.
fn without_moving(text: &str, moving: &str) -> Vec<String> {
    let cut = |line: String| line.find(moving).map(|at| line[..at].to_owned()).unwrap_or(line);
    let moves = |line: &String| line.starts_with(moving);
    fixed_parts(text).into_iter().filter(|line| !moves(line)).map(cut).collect()
}

fn script(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(format!("{name}.in"))).unwrap_or_default()
}

/// As the expected files have it: with the exit code at the end of what failed.
fn said(said: &Said) -> String {
    match said.code {
        0 => said.out.clone(),
        code => format!("{}\n## Exit code: {code}\n", said.out),
    }
}
