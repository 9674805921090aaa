//! Flags for listing, defining, starting, changing and stopping domains.

c_enum! {
    /// Flags for domain capabilities. Since 11.0.0.
    pub enum virConnectGetDomainCapabilitiesFlags: u32 {
        /// Switch off deprecated features in the host-model CPU. Since 11.0.0.
        VIR_CONNECT_GET_DOMAIN_CAPABILITIES_DISABLE_DEPRECATED_FEATURES = 1 << 0,
        /// List every feature of the host-model CPU. Since 12.2.0.
        VIR_CONNECT_GET_DOMAIN_CAPABILITIES_EXPAND_CPU_FEATURES = 1 << 1,
        /// List the features that the hypervisor supports. Since 12.5.0.
        VIR_CONNECT_GET_DOMAIN_CAPABILITIES_SUPPORTED_CPU_FEATURES = 1 << 2,
    }
}

c_enum! {
    /// Filters for a list of domains; bits of one pair or group combine by "or", groups by "and". Since 0.9.13.
    pub enum virConnectListAllDomainsFlags: u32 {
        /// Running domains. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_ACTIVE = 1 << 0,
        /// Domains that do not run. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_INACTIVE = 1 << 1,
        /// Domains with a stored definition. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_PERSISTENT = 1 << 2,
        /// Domains without one. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_TRANSIENT = 1 << 3,
        /// Domains in the running state. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_RUNNING = 1 << 4,
        /// Domains in the paused state. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_PAUSED = 1 << 5,
        /// Domains that are off. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_SHUTOFF = 1 << 6,
        /// Domains in any further state. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_OTHER = 1 << 7,
        /// Domains with a managed save image. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE = 1 << 8,
        /// Domains without a managed save image. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE = 1 << 9,
        /// Domains that start with the host. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_AUTOSTART = 1 << 10,
        /// Domains that do not start with the host. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART = 1 << 11,
        /// Domains with snapshots. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT = 1 << 12,
        /// Domains without snapshots. Since 0.9.13.
        VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT = 1 << 13,
        /// Domains with checkpoints. Since 5.6.0.
        VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT = 1 << 14,
        /// Domains without checkpoints. Since 5.6.0.
        VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT = 1 << 15,
    }
}

c_enum! {
    /// What a change applies to. Since 0.9.2.
    pub enum virDomainModificationImpact: u32 {
        /// The state that the domain is in. Since 0.9.2.
        VIR_DOMAIN_AFFECT_CURRENT = 0,
        /// The running guest. Since 0.9.2.
        VIR_DOMAIN_AFFECT_LIVE = 1 << 0,
        /// The stored definition. Since 0.9.2.
        VIR_DOMAIN_AFFECT_CONFIG = 1 << 1,
    }
}

c_enum! {
    /// Flags for opening a channel. Since 1.0.2.
    pub enum virDomainChannelFlags: u32 {
        /// Throw out whoever has it open now. Since 1.0.2.
        VIR_DOMAIN_CHANNEL_FORCE = 1 << 0,
    }
}

c_enum! {
    /// Flags for opening a console. Since 0.9.11.
    pub enum virDomainConsoleFlags: u32 {
        /// Throw out whoever has it open now. Since 0.9.11.
        VIR_DOMAIN_CONSOLE_FORCE = 1 << 0,
        /// Refuse where the hypervisor cannot keep two users apart. Since 0.9.11.
        VIR_DOMAIN_CONSOLE_SAFE = 1 << 1,
    }
}

c_enum! {
    /// Flags for a definition. Since 1.2.12.
    pub enum virDomainDefineFlags: u32 {
        /// Check the XML against the schema. Since 1.2.12.
        VIR_DOMAIN_DEFINE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Flags for a hard stop. Since 0.9.4.
    pub enum virDomainDestroyFlagsValues: u32 {
        /// The usual way, by force where needed. Since 0.9.10.
        VIR_DOMAIN_DESTROY_DEFAULT = 0,
        /// Ask only; give up where the process would have to be killed. Since 0.9.10.
        VIR_DOMAIN_DESTROY_GRACEFUL = 1 << 0,
        /// Delete the domain's logs too. Since 8.3.0.
        VIR_DOMAIN_DESTROY_REMOVE_LOGS = 1 << 1,
    }
}

c_enum! {
    /// What a device change applies to. Since 0.7.7.
    pub enum virDomainDeviceModifyFlags: u32 {
        /// The state that the domain is in. Since 0.7.7.
        VIR_DOMAIN_DEVICE_MODIFY_CURRENT = VIR_DOMAIN_AFFECT_CURRENT,
        /// The running guest. Since 0.7.7.
        VIR_DOMAIN_DEVICE_MODIFY_LIVE = VIR_DOMAIN_AFFECT_LIVE,
        /// The stored definition. Since 0.7.7.
        VIR_DOMAIN_DEVICE_MODIFY_CONFIG = VIR_DOMAIN_AFFECT_CONFIG,
        /// Carry the change out even when the guest does not agree, as with a locked tray. Since 0.8.6.
        VIR_DOMAIN_DEVICE_MODIFY_FORCE = 1 << 2,
    }
}

c_enum! {
    /// Which displays reload their certificates. Since 10.2.0.
    pub enum virDomainGraphicsReloadType: u32 {
        /// All of them. Since 10.2.0.
        VIR_DOMAIN_GRAPHICS_RELOAD_TYPE_ANY = 0,
        /// VNC servers. Since 10.2.0.
        VIR_DOMAIN_GRAPHICS_RELOAD_TYPE_VNC = 1,
    }
    sentinel {
        /// One past the last member. Since 10.2.0.
        VIR_DOMAIN_GRAPHICS_RELOAD_TYPE_LAST = 2,
    }
}

c_enum! {
    /// What is done when the guest powers off, reboots or crashes. Since 3.9.0.
    pub enum virDomainLifecycleAction: u32 {
        /// End the domain and free everything. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY = 0,
        /// Start it again. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_RESTART = 1,
        /// Start it again under a new name. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME = 2,
        /// Keep it for a look. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE = 3,
        /// Dump its core, then end it. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY = 4,
        /// Dump its core, then start it again. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART = 5,
    }
    sentinel {
        /// One past the last member. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_ACTION_LAST = 6,
    }
}

c_enum! {
    /// Guest events that a domain has an action for. Since 3.9.0.
    pub enum virDomainLifecycle: u32 {
        /// The guest powers off. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_POWEROFF = 0,
        /// The guest reboots. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_REBOOT = 1,
        /// The guest crashes. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_CRASH = 2,
    }
    sentinel {
        /// One past the last member. Since 3.9.0.
        VIR_DOMAIN_LIFECYCLE_LAST = 3,
    }
}

c_enum! {
    /// Kinds of messages about a domain. Since 7.1.0.
    pub enum virDomainMessageType: u32 {
        /// Use of deprecated features. Since 7.1.0.
        VIR_DOMAIN_MESSAGE_DEPRECATION = 1 << 0,
        /// Configuration that taints the domain. Since 7.1.0.
        VIR_DOMAIN_MESSAGE_TAINTING = 1 << 1,
        /// Disk errors. Since 11.1.0.
        VIR_DOMAIN_MESSAGE_IOERRORS = 1 << 2,
    }
}

c_enum! {
    /// Pieces of metadata. Since 0.9.10.
    pub enum virDomainMetadataType: u32 {
        /// The `<description>` element. Since 0.9.10.
        VIR_DOMAIN_METADATA_DESCRIPTION = 0,
        /// The `<title>` element. Since 0.9.10.
        VIR_DOMAIN_METADATA_TITLE = 1,
        /// A custom element inside `<metadata>`, named by its namespace. Since 0.9.10.
        VIR_DOMAIN_METADATA_ELEMENT = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_METADATA_LAST = 3,
    }
}

c_enum! {
    /// Flags for the start of a domain. Since 0.0.1.
    pub enum virDomainCreateFlags: u32 {
        /// Nothing special. Since 0.0.1.
        VIR_DOMAIN_NONE = 0,
        /// Leave the CPUs stopped. Since 0.8.2.
        VIR_DOMAIN_START_PAUSED = 1 << 0,
        /// Destroy the domain when this connection closes. Since 0.9.3.
        VIR_DOMAIN_START_AUTODESTROY = 1 << 1,
        /// Keep the host's page cache out when restoring. Since 0.9.4.
        VIR_DOMAIN_START_BYPASS_CACHE = 1 << 2,
        /// Throw a managed save image away and boot. Since 0.9.5.
        VIR_DOMAIN_START_FORCE_BOOT = 1 << 3,
        /// Check the XML against the schema. Since 1.2.12.
        VIR_DOMAIN_START_VALIDATE = 1 << 4,
        /// Make the NVRAM anew from its template. Since 8.1.0.
        VIR_DOMAIN_START_RESET_NVRAM = 1 << 5,
    }
}

c_enum! {
    /// Flags for opening a display. Since 0.9.7.
    pub enum virDomainOpenGraphicsFlags: u32 {
        /// No authentication on this connection. Since 0.9.7.
        VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH = 1 << 0,
    }
}

c_enum! {
    /// Ways to reboot a guest; several bits let the hypervisor choose. Since 0.9.10.
    pub enum virDomainRebootFlagValues: u32 {
        /// The hypervisor chooses. Since 0.9.10.
        VIR_DOMAIN_REBOOT_DEFAULT = 0,
        /// Press the ACPI power button. Since 0.9.10.
        VIR_DOMAIN_REBOOT_ACPI_POWER_BTN = 1 << 0,
        /// Ask the guest agent. Since 0.9.10.
        VIR_DOMAIN_REBOOT_GUEST_AGENT = 1 << 1,
        /// Write to the guest's initctl. Since 1.0.1.
        VIR_DOMAIN_REBOOT_INITCTL = 1 << 2,
        /// Send a signal to the guest's init. Since 1.0.1.
        VIR_DOMAIN_REBOOT_SIGNAL = 1 << 3,
        /// Use the hypervisor's paravirtual control. Since 1.2.5.
        VIR_DOMAIN_REBOOT_PARAVIRT = 1 << 4,
    }
}

c_enum! {
    /// Ways to shut a guest down; several bits let the hypervisor choose. Since 0.9.10.
    pub enum virDomainShutdownFlagValues: u32 {
        /// The hypervisor chooses. Since 0.9.10.
        VIR_DOMAIN_SHUTDOWN_DEFAULT = 0,
        /// Press the ACPI power button. Since 0.9.10.
        VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN = 1 << 0,
        /// Ask the guest agent. Since 0.9.10.
        VIR_DOMAIN_SHUTDOWN_GUEST_AGENT = 1 << 1,
        /// Write to the guest's initctl. Since 1.0.1.
        VIR_DOMAIN_SHUTDOWN_INITCTL = 1 << 2,
        /// Send a signal to the guest's init. Since 1.0.1.
        VIR_DOMAIN_SHUTDOWN_SIGNAL = 1 << 3,
        /// Use the hypervisor's paravirtual control. Since 1.2.5.
        VIR_DOMAIN_SHUTDOWN_PARAVIRT = 1 << 4,
    }
}

c_enum! {
    /// What goes away, or stays, with a definition. Since 0.9.4.
    pub enum virDomainUndefineFlagsValues: u32 {
        /// Remove the managed save image too. Since 0.9.4.
        VIR_DOMAIN_UNDEFINE_MANAGED_SAVE = 1 << 0,
        /// Forget its snapshots too. Since 0.9.5.
        VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA = 1 << 1,
        /// Remove the NVRAM file too. Since 1.2.9.
        VIR_DOMAIN_UNDEFINE_NVRAM = 1 << 2,
        /// Keep the NVRAM file. Since 2.3.0.
        VIR_DOMAIN_UNDEFINE_KEEP_NVRAM = 1 << 3,
        /// Forget its checkpoints too. Since 5.6.0.
        VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA = 1 << 4,
        /// Remove the TPM's state too. Since 8.9.0.
        VIR_DOMAIN_UNDEFINE_TPM = 1 << 5,
        /// Keep the TPM's state. Since 8.9.0.
        VIR_DOMAIN_UNDEFINE_KEEP_TPM = 1 << 6,
    }
}

c_enum! {
    /// What the XML of a domain shows. Since 0.3.3.
    pub enum virDomainXMLFlags: u32 {
        /// Passwords too. Since 0.3.3.
        VIR_DOMAIN_XML_SECURE = 1 << 0,
        /// The stored definition, even while the domain runs. Since 0.3.3.
        VIR_DOMAIN_XML_INACTIVE = 1 << 1,
        /// The CPU with the host's features filled in. Since 0.8.0.
        VIR_DOMAIN_XML_UPDATE_CPU = 1 << 2,
        /// Fit for the target of a migration, also an older one. Since 1.0.0.
        VIR_DOMAIN_XML_MIGRATABLE = 1 << 3,
    }
}
