//! How long the default network takes to come up and to go down: `unshare -n up_and_down [ROUNDS]`.
//! Run it in a network namespace of its own: it makes a bridge there, and firewall rules.

use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::layout::Layout;
use ferrovirt_driver_network::NetworkState;
use std::time::{Duration, Instant};

const NETWORK: &str = "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/>\
    <ip address='192.168.122.1' netmask='255.255.255.0'><dhcp>\
    <range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>";

fn main() -> ferrovirt_core::Result<()> {
    let rounds: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    let root = std::env::temp_dir().join(format!("up_and_down.{}", std::process::id()));
    let driver = NetworkState::open(Layout::embedded(&root))?;
    let id = driver.network_define_xml(NETWORK, 0)?;
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begin = Instant::now();
        driver.network_create(&id)?;
        up.push(begin.elapsed());
        let begin = Instant::now();
        driver.network_destroy(&id)?;
        down.push(begin.elapsed());
    }
    println!("up {:?}, down {:?} (medians of {rounds})", median(up), median(down));
    drop(driver);
    std::fs::remove_dir_all(&root).map_err(|err| ferrovirt_core::Error::system(err, "cannot clean up"))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
