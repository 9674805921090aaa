pub fn assign(_: &mut ferrovirt_conf::domain::Domain) {}
