//! The programs of the protocol and their tables of procedures.

pub mod admin;
pub mod lxc;
pub mod qemu;
pub mod remote;
#[cfg(test)]
mod tests;

use crate::procedure::Row;
use std::sync::LazyLock;

/// A program: a set of procedures with numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Program {
    Remote = 0x2000_8086,
    Qemu = 0x2000_8087,
    Lxc = 0x0006_8000,
    Admin = 0x0690_0690,
    Keepalive = 0x6b65_6570,
}

impl Program {
    /// All programs are at their first version.
    pub const VERSION: u32 = 1;

    /// The program with this number, if there is one.
    pub fn from_number(number: u32) -> Option<Self> {
        let all = [Self::Remote, Self::Qemu, Self::Lxc, Self::Admin, Self::Keepalive];
        all.into_iter().find(|program| *program as u32 == number)
    }

    /// The row of procedure or event `number`, if the program has it.
    pub fn row(self, number: i32) -> Option<&'static Row> {
        let index = usize::try_from(number).ok()?;
        self.table().get(index).copied().flatten()
    }

    /// All rows, by number.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        self.table().iter().copied().flatten()
    }

    fn table(self) -> &'static [Option<&'static Row>] {
        static REMOTE: Table = LazyLock::new(|| table(remote::ROWS));
        static QEMU: Table = LazyLock::new(|| table(&[qemu::ROWS, qemu::EVENT_ROWS]));
        static LXC: Table = LazyLock::new(|| table(&[lxc::ROWS]));
        static ADMIN: Table = LazyLock::new(|| table(&[admin::ROWS]));
        match self {
            Self::Remote => &REMOTE,
            Self::Qemu => &QEMU,
            Self::Lxc => &LXC,
            Self::Admin => &ADMIN,
            // Its two messages have no arguments and are no calls; `crate::keepalive` has them.
            Self::Keepalive => &[],
        }
    }
}

/// Rows under their numbers; numbers start at 1.
type Table = LazyLock<Vec<Option<&'static Row>>>;

fn table(subjects: &[&[&'static Row]]) -> Vec<Option<&'static Row>> {
    let rows = || subjects.iter().flat_map(|rows| rows.iter().copied());
    let highest = rows().map(|row| row.number).max().unwrap_or(0);
    let mut table = vec![None; highest as usize + 1];
    for row in rows() {
        table[row.number as usize] = Some(row);
    }
    table
}
