use super::*;
use ferrovirt_rpc::program::Program;

#[test]
fn every_procedure_has_a_handler() {
    let (remote, admin) = (Table::remote(true, true), Table::admin());
    for (table, programs) in
        [(&remote, &[Program::Remote, Program::Qemu, Program::Lxc][..]), (&admin, &[Program::Admin])]
    {
        for program in programs {
            let missing: Vec<_> = table.missing(*program).map(|row| row.name).collect();
            assert!(missing.is_empty(), "{program:?}: {missing:?}");
        }
    }
}

#[test]
fn what_is_quick_is_read_only_and_waits_for_nobody() {
    use ferrovirt_rpc::procedure::{Access, Lane};
    for row in [quick::ROWS, quick::LISTS, quick::OF_NETWORKS].concat() {
        assert_eq!((row.access, row.stream), (Access::Read, None), "{}", row.name);
        assert!(row.lane == Lane::High || quick::CALM.contains(&row), "{}", row.name);
    }
}

#[test]
fn what_asks_no_guest_changes_none() {
    use ferrovirt_rpc::procedure::{Access, Lane};
    for row in quick::CALM {
        assert_eq!((row.lane, row.access, row.first), (Lane::Normal, Access::Read, "dom"), "{}", row.name);
    }
}
