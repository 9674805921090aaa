//! Whom a certificate names: for lists of who is let in, and for hosts whose certificates name them the old way.

use crate::unusable;
use ferrovirt_core::Result;
use x509_cert::Certificate;
use x509_cert::der::asn1::{Ia5StringRef, PrintableStringRef, Utf8StringRef};
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

const COMMON_NAME: &str = "2.5.4.3";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";

fn parse(certificate: &[u8]) -> Result<Certificate> {
    Certificate::from_der(certificate).map_err(|err| unusable(format!("a certificate can't be read: {err}")))
}

/// Whom a certificate names, as GnuTLS writes it and lists in configuration files have it: in the certificate's order.
pub fn distinguished_name(certificate: &[u8]) -> Result<String> {
    let certificate = parse(certificate)?;
    let parts = certificate.tbs_certificate.subject.0.iter().map(part);
    Ok(parts.collect::<Vec<_>>().join(","))
}

fn part(rdn: &RelativeDistinguishedName) -> String {
    let text = RdnSequence(vec![rdn.clone()]).to_string();
    // One name that the two libraries do not agree on.
    match text.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("emailAddress") => format!("EMAIL={value}"),
        _ => text,
    }
}

/// Whether a certificate without alternative names is for `host` by its common name. Certificates with such names are
/// the TLS library's business.
pub(crate) fn common_name_is(certificate: &[u8], host: &str) -> bool {
    let Ok(certificate) = parse(certificate) else { return false };
    let extensions = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
    let names = extensions.iter().find(|extension| extension.extn_id.to_string() == SUBJECT_ALT_NAME);
    let names = names.map(|names| SubjectAltName::from_der(names.extn_value.as_bytes()));
    let has_names = match names {
        None => false,
        Some(Ok(names)) => {
            names.0.iter().any(|name| matches!(name, GeneralName::DnsName(_) | GeneralName::IpAddress(_)))
        }
        Some(Err(_)) => true,
    };
    if has_names {
        return false;
    }
    let attributes = certificate.tbs_certificate.subject.0.iter().flat_map(|rdn| rdn.0.iter());
    let common = attributes.filter(|attribute| attribute.oid.to_string() == COMMON_NAME);
    let names: Vec<_> = common.filter_map(|attribute| text(&attribute.value)).collect();
    names.last().is_some_and(|name| host_matches(name, host))
}

fn text(value: &x509_cert::der::Any) -> Option<String> {
    let text = match value.tag() {
        Tag::Utf8String => Utf8StringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::PrintableString => PrintableStringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::Ia5String => Ia5StringRef::try_from(value).ok()?.as_str().to_owned(),
        _ => return None,
    };
    Some(text)
}

/// The first label of a name may be a `*`, which stands for one label.
fn host_matches(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(name), Some((first, host))) => {
            !first.is_empty() && name.contains('.') && name.eq_ignore_ascii_case(host)
        }
        _ => false,
    }
}

/// Whether a text matches a pattern in which `*` stands for any characters and `?` for one.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The last star, and what it stands for so far: it takes one character more when what follows does not match.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, text) in
            [("*", ""), ("C=GB,*", "C=GB,CN=x"), ("*CN=?b", "O=a,CN=ab"), ("a*b*c", "aXbXbc"), ("é?", "éè")]
        {
            assert!(matches_pattern(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", "ab"), ("a*b", "ac"), ("?", ""), ("CN=x", "cn=x")] {
            assert!(!matches_pattern(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_star_in_a_hosts_name_is_one_label() {
        assert!(host_matches("Far.example.org", "far.example.org"));
        assert!(host_matches("*.example.org", "far.example.org"));
        for (name, host) in [("*.example.org", "a.b.example.org"), ("*.org", "example.org"), ("*", "far")] {
            assert!(!host_matches(name, host), "{name} {host}");
        }
    }
}
