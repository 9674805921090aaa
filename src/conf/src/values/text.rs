//! Texts, as the schemas know them.

/// Whether a text is a number without a sign; its size does not count.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a path begins at a root, or on a drive of Windows.
pub fn is_absolute_path(path: &str) -> bool {
    let root = path.strip_prefix('/').or_else(|| {
        path.strip_prefix(|c: char| c.is_ascii_alphabetic()).and_then(|rest| rest.strip_prefix(":\\"))
    });
    root.is_some_and(|rest| !rest.is_empty())
}
