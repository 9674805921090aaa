//! Rust doc comments as plain text for C: back-ticks and link brackets go, `Since x.y.z.` is taken out.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::model::Doc;

/// The comment of an item.
pub fn read(attributes: &[Attribute]) -> Doc {
    let mut doc = Doc::default();
    for line in attributes.iter().filter_map(text_of) {
        push(&mut doc, line.strip_prefix(' ').unwrap_or(&line));
    }
    while doc.lines.last().is_some_and(String::is_empty) {
        doc.lines.pop();
    }
    doc
}

/// A comment of one line.
pub fn line(text: &str) -> Doc {
    let mut doc = Doc::default();
    push(&mut doc, text);
    doc
}

/// The `#[doc(alias = "...")]` of an item: its structure tag in C.
pub fn alias(attributes: &[Attribute]) -> Option<String> {
    let mut alias = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        // A doc comment is an attribute of the same name and another shape.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("alias") {
                alias = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
    }
    alias
}

fn text_of(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn push(doc: &mut Doc, line: &str) {
    let line = line.replace("[`", "`").replace("`]", "`").replace('`', "");
    let (text, since) = split_since(&line);
    if let Some(since) = since {
        doc.since = Some(since.to_owned());
    }
    if !(text.is_empty() && doc.lines.is_empty()) {
        doc.lines.push(text.to_owned());
    }
}

/// Splits `Text. Since 1.2.3.` into `Text.` and `1.2.3`; a line of its own may also be `Since: 1.2.3`.
fn split_since(line: &str) -> (&str, Option<&str>) {
    let line = line.trim_end();
    if let Some((text, release)) = line.rsplit_once("Since") {
        let release = release.trim_start_matches(':').trim_start().trim_end_matches('.');
        let numbers = release.split('.').filter(|part| part.parse::<u32>().is_ok()).count();
        if numbers == 3 && release.split('.').count() == 3 {
            return (text.trim_end(), Some(release));
        }
    }
    (line, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_taken_out() {
        let item: syn::ItemConst =
            syn::parse_quote! { /** Size of a [`virUuid`]. Since 0.2.0. */ const X: usize = 1; };
        let doc = read(&item.attrs);
        assert_eq!(doc.lines, ["Size of a virUuid."]);
        assert_eq!(doc.since.as_deref(), Some("0.2.0"));
    }

    #[test]
    fn prose_about_time_stays() {
        assert_eq!(split_since("Since the start of the guest."), ("Since the start of the guest.", None));
    }

    #[test]
    fn since_may_stand_alone() {
        assert_eq!(split_since("Since: 0.2.0"), ("", Some("0.2.0")));
    }
}
