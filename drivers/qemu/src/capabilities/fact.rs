//! A question about a binary as a value, so that tables can hold questions: of devices, of domain capabilities, and of
//! the names that libvirt gave to such facts.

/// Something that holds for a binary or does not; asked with [`Capabilities::answers`](super::Capabilities::answers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact<'a> {
    Device(&'a str),
    /// A device and its property.
    Property(&'a str, &'a str),
    /// A machine, by name or alias, and its property.
    MachineProperty(&'a str, &'a str),
    Command(&'a str),
    /// A path into the monitor's schema.
    Schema(&'a str),
    /// A command-line option.
    Option(&'a str),
    /// A command-line option and its parameter.
    Parameter(&'a str, &'a str),
    /// A major and a minor version from which on it holds, for what QEMU has no better way to tell.
    Since(u32, u32),
    MigrationCapability(&'a str),
}
