//! How Rust names become XML names.

use syn::Ident;
use syn::ext::IdentExt as _;

/// `startup_policy` is `startupPolicy`.
pub fn camel(ident: &Ident) -> String {
    let mut words = ident.unraw().to_string();
    while let Some(at) = words.find('_') {
        words.remove(at);
        if let Some(letter) = words.get(at..at + 1).map(str::to_uppercase) {
            words.replace_range(at..at + 1, &letter);
        }
    }
    words
}

/// `VirtioNet` is `virtio-net`, `E1000` is `e1000`.
pub fn kebab(ident: &Ident) -> String {
    let mut name = String::new();
    let mut before = None::<char>;
    for letter in ident.unraw().to_string().chars() {
        if letter.is_uppercase() && before.is_some_and(|b| !b.is_uppercase()) {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
        before = Some(letter);
    }
    name
}
