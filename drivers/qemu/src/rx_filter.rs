//! A guest that changes the addresses its card answers to: followed where it is trusted, reported where not.

use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::QueryRxFilter;
use crate::vm::Vm;
use ferrovirt_core::Result;
use ferrovirt_core::store::Stored;
use ferrovirt_net::MacAddr;
use std::sync::Arc;

/// Called when QEMU says that the filters of the card `alias` have changed.
pub async fn follow(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, alias: &str) {
    let Some(tap) = tap_of(live, alias) else { return };
    let query = QueryRxFilter { name: Some(alias.to_owned()) };
    let filters = match live.monitor.execute(&query).await {
        Ok(filters) => filters,
        Err(err) => {
            tracing::warn!(domain = %vm.name(), alias, %err, "the card's filters can't be asked for");
            return;
        }
    };
    let Some(filter) = filters.into_iter().next() else { return };
    let (shared, vm) = (shared.clone(), vm.clone());
    // Changing the table talks to the kernel, so it does not happen on the reactor's thread.
    let work = move || {
        if let Err(err) = apply(&shared, &tap, &filter.main_mac, &filter.unicast_table) {
            tracing::warn!(domain = %vm.name(), tap, %err, "the guest's change of addresses can't be followed");
        }
    };
    drop(tokio::task::spawn_blocking(work));
}

fn tap_of(live: &Live, alias: &str) -> Option<String> {
    let definition = live.definition();
    let interfaces = &definition.model.devices.interfaces;
    let card = interfaces.iter().find(|card| card.info.alias.as_deref() == Some(alias))?;
    card.target.dev.clone()
}

fn apply(shared: &Shared, tap: &str, main: &str, further: &[String]) -> Result<()> {
    let further: Vec<MacAddr> = further.iter().filter_map(|mac| mac.parse().ok()).collect();
    shared.links()?.mac_table.follow(tap, main.parse()?, &further)?;
    Ok(())
}
