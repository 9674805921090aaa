//! Lists the guests of a host: `cargo run --example list -- 'qemu:///embed?root=/srv/guests'`.

use ferrovirt::{Connection, Result};

fn list(uri: Option<&str>) -> Result<()> {
    let connection = Connection::open(uri)?;
    for domain in connection.list_all_domains(0)? {
        let state = if domain.is_active()? { "running" } else { "off" };
        let info = domain.info()?;
        println!("{:<20} {state:<8} {:>8} KiB, {} vCPUs", domain.name(), info.memory, info.vcpus);
    }
    Ok(())
}

fn main() {
    if let Err(err) = list(std::env::args().nth(1).as_deref()) {
        eprintln!("error: {err}");
        std::process::exit(1);
    }
}
