//! `<watchdog>`: bites when the guest hangs.

use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Watchdog, WatchdogAction, WatchdogModel};
use ferrovirt_core::Result;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let watchdogs = &b.model().devices.watchdogs;
    // That of the chipset is always there; it has to be let loose.
    for watchdog in watchdogs.iter().filter(|watchdog| watchdog.model != WatchdogModel::Itco) {
        let props = b.context.watchdog(watchdog)?;
        b.device(props)?;
    }
    if watchdogs.iter().any(|watchdog| watchdog.model == WatchdogModel::Itco) {
        b.line.global("ICH9-LPC.noreboot=off");
    }
    if let Some(watchdog) = watchdogs.last() {
        // The driver makes the dump, of a guest that stands still.
        let action = match watchdog.action {
            WatchdogAction::Dump => WatchdogAction::Pause,
            action => action,
        };
        b.line.option("-watchdog-action", action);
    }
    Ok(())
}

impl Context<'_> {
    pub fn watchdog(self, watchdog: &Watchdog) -> Result<Props> {
        let mut props = Props::device(&watchdog.model.to_string());
        props.set("id", alias(&watchdog.info)?);
        self.address(&mut props, &watchdog.info)?;
        Ok(props)
    }
}
