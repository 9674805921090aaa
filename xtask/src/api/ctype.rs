//! Rust types as C spells them. A type that could mean two things in C is refused.

use anyhow::{Context, Result, bail};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypePtr};

/// The C spelling of a Rust type: `*const c_char` is `const char *`.
pub fn spell(kind: &Type) -> Result<String> {
    match kind {
        Type::Ptr(pointer) => spell_pointer(pointer),
        Type::Path(path) => {
            let segment = path.path.segments.last().context("an empty path is no type")?;
            let name = segment.ident.to_string();
            match (&segment.arguments, name.as_str()) {
                (PathArguments::None, _) => named(&name),
                // A parameter that is itself const.
                (PathArguments::AngleBracketed(_), "Const") => Ok(join(&spell(inner(kind)?)?, "const")),
                _ => bail!("{} has no C spelling", kind.to_token_stream()),
            }
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => Ok("void".to_owned()),
        _ => bail!("{} has no C spelling", kind.to_token_stream()),
    }
}

/// The C spelling of what a function returns.
pub fn spell_return(kind: &ReturnType) -> Result<String> {
    match kind {
        ReturnType::Default => Ok("void".to_owned()),
        ReturnType::Type(_, kind) => spell(kind),
    }
}

/// The C type of a static: `AtomicPtr<T>` is a pointer, any other wrapper is what it wraps.
pub fn spell_static(kind: &Type) -> Result<String> {
    let Ok(wrapped) = inner(kind) else { return spell(kind) };
    let spelled = spell(wrapped)?;
    let atomic = kind.to_token_stream().to_string().contains("AtomicPtr");
    Ok(if atomic { join(&spelled, "*") } else { spelled })
}

/// A type followed by what makes another type of it: a star, or `const`.
pub fn join(kind: &str, suffix: &str) -> String {
    if kind.ends_with('*') && suffix.starts_with('*') {
        format!("{kind}{suffix}")
    } else {
        format!("{kind} {suffix}")
    }
}

/// The only generic argument of a type.
pub fn inner(kind: &Type) -> Result<&Type> {
    if let Type::Path(path) = kind
        && let Some(segment) = path.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &segment.arguments
        && let [GenericArgument::Type(inner)] = &arguments.args.iter().collect::<Vec<_>>()[..]
    {
        return Ok(inner);
    }
    bail!("{} has no single type argument", kind.to_token_stream())
}

fn spell_pointer(pointer: &TypePtr) -> Result<String> {
    let target = spell(&pointer.elem)?;
    Ok(match (pointer.const_token.is_some(), target.ends_with('*')) {
        (false, _) => join(&target, "*"),
        (true, false) => format!("const {target} *"),
        (true, true) => format!("{target} const *"),
    })
}

fn named(name: &str) -> Result<String> {
    Ok(match name {
        "c_void" => "void",
        "c_char" => "char",
        "c_uchar" | "u8" => "unsigned char",
        "c_short" => "short",
        "c_ushort" => "unsigned short",
        "c_int" | "i32" => "int",
        "c_uint" | "u32" => "unsigned int",
        "c_long" => "long",
        "c_ulong" => "unsigned long",
        "c_longlong" => "long long",
        "c_ulonglong" => "unsigned long long",
        "c_double" | "f64" => "double",
        "usize" | "size_t" => "size_t",
        "isize" | "ssize_t" => "ssize_t",
        _ if name.starts_with("vir") => name,
        "i64" | "u64" => {
            bail!("{name} may be long or long long in C: use c_long, c_longlong, c_ulong or c_ulonglong")
        }
        _ => bail!("{name} has no C spelling"),
    }
    .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rust: &str, c: &str) {
        assert_eq!(spell(&syn::parse_str(rust).unwrap()).unwrap(), c);
    }

    #[test]
    fn types_are_spelled_as_in_c() {
        check("c_int", "int");
        check("std::ffi::c_ulonglong", "unsigned long long");
        check("*const c_char", "const char *");
        check("*mut *mut c_char", "char **");
        check("*mut *const c_char", "const char **");
        check("*mut *mut *mut c_char", "char ***");
        check("*const c_uchar", "const unsigned char *");
        check("*mut *mut virDomainPtr", "virDomainPtr **");
        check("*const *const c_char", "const char * const *");
        check("Const<*mut *mut c_char>", "char ** const");
        check("*mut usize", "size_t *");
        check("()", "void");
    }

    #[test]
    fn ambiguous_types_are_refused() {
        for rust in ["u64", "bool", "&str", "Option<c_int>", "String"] {
            assert!(spell(&syn::parse_str(rust).unwrap()).is_err(), "{rust}");
        }
    }

    #[test]
    fn statics_lose_their_wrapper() {
        let spelled = |rust| spell_static(&syn::parse_str(rust).unwrap()).unwrap();
        assert_eq!(spelled("virConnectAuthPtr"), "virConnectAuthPtr");
        assert_eq!(spelled("Exported<virConnectAuthPtr>"), "virConnectAuthPtr");
        assert_eq!(spelled("AtomicPtr<virConnectAuth>"), "virConnectAuth *");
    }
}
