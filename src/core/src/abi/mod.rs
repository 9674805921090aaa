#![allow(missing_docs, non_camel_case_types)]
macro_rules! opaque { ($($n:ident $p:ident),*) => {$(#[repr(C)] pub struct $n { _private: [u8; 0] } pub type $p = *mut $n;)*} }
opaque!(virConnect virConnectPtr, virNetwork virNetworkPtr, virNetworkPort virNetworkPortPtr, virDomain virDomainPtr);
