//! The actions that polkit is asked about, for its folder `actions`: which there are, and what holds without a rule.
//!
//! They are read off the rows, as the questions are.

use ferrovirt_rpc::program::Program;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What people may do without a rule: `allow_any`, `allow_inactive`, `allow_active`.
type Defaults = [&'static str; 3];

const EVERYBODY: Defaults = ["yes"; 3];
const NOBODY: Defaults = ["no"; 3];
/// Whoever can show to be an administrator.
const ADMINISTRATORS: Defaults = ["auth_admin_keep"; 3];

/// Logging in on the sockets of this host.
pub fn unix() -> String {
    document(&[
        (
            "org.libvirt.unix.monitor".to_owned(),
            "Look at the virtual machines of this host".to_owned(),
            EVERYBODY,
        ),
        (
            "org.libvirt.unix.manage".to_owned(),
            "Manage the virtual machines of this host".to_owned(),
            ADMINISTRATORS,
        ),
    ])
}

/// What calls need: everybody may look, and only rules allow more.
pub fn api() -> String {
    let actions = permissions().into_iter().map(|(object, permission)| {
        let looks = matches!(permission, "getattr" | "read")
            || object == "connect" && permission.starts_with("search_");
        let id = format!("org.libvirt.api.{object}.{permission}").replace('_', "-");
        let description = format!("{}: {}", object.replace('_', " "), permission.replace('_', " "));
        (id, description, if looks { EVERYBODY } else { NOBODY })
    });
    document(&actions.collect::<Vec<_>>())
}

/// All permissions that some row needs of some kind of object.
fn permissions() -> BTreeSet<(&'static str, &'static str)> {
    let rows = [Program::Remote, Program::Qemu, Program::Lxc].into_iter().flat_map(Program::rows);
    let of = |row: &'static ferrovirt_rpc::procedure::Row| {
        row.rules.iter().map(|rule| (rule.object, rule.permission)).chain(row.filter)
    };
    rows.flat_map(of).collect()
}

fn document(actions: &[(String, String, Defaults)]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE policyconfig PUBLIC \"-//freedesktop//DTD polkit Policy Configuration 1.0//EN\"\n  \
         \"http://www.freedesktop.org/software/polkit/policyconfig-1.dtd\">\n<policyconfig>\n",
    );
    for (id, description, [any, inactive, active]) in actions {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "  <action id=\"{id}\">\n    <description>{description}</description>\n    \
             <message>The system's policy does not allow this without a login ({description})</message>\n    \
             <defaults>\n      <allow_any>{any}</allow_any>\n      <allow_inactive>{inactive}</allow_inactive>\n      \
             <allow_active>{active}</allow_active>\n    </defaults>\n  </action>\n"
        );
    }
    text.push_str("</policyconfig>\n");
    text
}
