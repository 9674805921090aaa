//! `<hub>` and `<redirdev>`: USB hubs, and USB devices from afar.

use super::chardev::{self, Purpose};
use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Hub, RedirRule, Redirdev};
use ferrovirt_core::Result;

pub fn hubs(b: &mut Builder<'_>) -> Result<()> {
    for hub in &b.model().devices.hubs {
        let props = b.context.hub(hub)?;
        b.device(props)?;
    }
    Ok(())
}

pub fn redirections(b: &mut Builder<'_>) -> Result<()> {
    for device in &b.model().devices.redirdevs {
        chardev::build(b, alias(&device.info)?, &device.source, Purpose::Redirection)?;
        let props = b.context.redirection(device)?;
        b.device(props)?;
    }
    Ok(())
}

impl Context<'_> {
    pub fn hub(self, hub: &Hub) -> Result<Props> {
        let mut props = Props::device("usb-hub");
        props.set("id", alias(&hub.info)?);
        self.address(&mut props, &hub.info)?;
        Ok(props)
    }

    pub fn redirection(self, device: &Redirdev) -> Result<Props> {
        let id = alias(&device.info)?;
        let mut props = Props::device("usb-redir");
        props.set("chardev", format!("char{id}")).set("id", id);
        if let Some(filter) = &self.model.devices.redirfilter {
            let rules: Vec<String> = filter.rules.iter().map(rule).collect();
            props.set("filter", rules.join("|"));
        }
        props.maybe("bootindex", self.boot_index(&device.info));
        self.address(&mut props, &device.info)?;
        Ok(props)
    }
}

/// -1 stands for anything.
fn rule(rule: &RedirRule) -> String {
    let four = |number: Option<u32>| number.map_or("-1".to_owned(), |number| format!("0x{number:04X}"));
    let class = rule.class.map_or("-1".to_owned(), |class| format!("0x{class:02X}"));
    let version = four(rule.version.map(|version| u32::from(version.bcd())));
    format!("{class}:{}:{}:{version}:{}", four(rule.vendor), four(rule.product), u8::from(rule.allow))
}
