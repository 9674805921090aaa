//! What the tests of models call; each panics, saying what differs.

use ferrovirt_core::ErrorCode;

use crate::{XmlElement, from_str, to_string};

/// `input` is read, and written it is `output` (white space at both ends aside).
#[track_caller]
pub fn check<T: XmlElement>(input: &str, output: &str) {
    match from_str::<T>(input, "test") {
        Ok(value) => assert_same(&to_string(&value), output),
        Err(err) => panic!("{err}\nin: {input}"),
    }
}

/// `text` is written back as it was read.
#[track_caller]
pub fn check_same<T: XmlElement>(text: &str) {
    check::<T>(text, text);
}

/// `input` is refused with this code; the message is returned for further checks.
#[track_caller]
pub fn check_error<T: XmlElement>(input: &str, code: ErrorCode) -> String {
    match from_str::<T>(input, "test") {
        Ok(value) => panic!("accepted: {input}\nas: {}", to_string(&value)),
        Err(err) => {
            assert_eq!(err.code(), code, "{err}");
            err.message()
        }
    }
}

#[track_caller]
fn assert_same(got: &str, expected: &str) {
    let (got, expected) = (got.trim(), expected.trim());
    if let Some((at, (a, b))) = got.lines().zip(expected.lines()).enumerate().find(|(_, (a, b))| a != b) {
        panic!("line {} differs\n     got: {a}\nexpected: {b}\nall of it:\n{got}", at + 1);
    }
    assert!(got == expected, "lengths differ\ngot:\n{got}\nexpected:\n{expected}");
}
