//! `<launchSecurity>`: guests that the host can't look into.

use super::context::Builder;
use super::props::Props;
use ferrovirt_conf::domain::{LaunchSecurity, SevCommon};
use ferrovirt_xml::YesNo;

pub fn build(b: &mut Builder<'_>) {
    let Some(security) = b.model().launch_security.as_deref() else { return };
    let file = |name: &str| b.host().guest_folder.join(name).to_string_lossy().into_owned();
    let common = |props: &mut Props, common: &SevCommon| {
        props.maybe("cbitpos", common.c_bit_position).maybe("reduced-phys-bits", common.reduced_phys_bits);
    };
    let mut props;
    match security {
        LaunchSecurity::Sev(sev) => {
            props = Props::object("sev-guest", "lsec0");
            common(&mut props, &sev.common);
            props.set("policy", sev.policy.0);
            props.maybe("dh-cert-file", sev.dh_cert.as_ref().map(|_| file("dh_cert.base64")));
            props.maybe("session-file", sev.session.as_ref().map(|_| file("session.base64")));
            props.switch("kernel-hashes", sev.common.kernel_hashes);
        }
        LaunchSecurity::SevSnp(snp) => {
            props = Props::object("sev-snp-guest", "lsec0");
            common(&mut props, &snp.common);
            props.switch("kernel-hashes", snp.common.kernel_hashes).set("policy", snp.policy.0);
            props.text("guest-visible-workarounds", snp.guest_visible_workarounds.as_deref());
            props.text("id-block", snp.id_block.as_deref()).text("id-auth", snp.id_auth.as_deref());
            props.text("host-data", snp.host_data.as_deref()).switch("author-key-enabled", snp.author_key);
            props.maybe("vcek-disabled", snp.vcek.map(|vcek| vcek == YesNo::No));
        }
        LaunchSecurity::S390Pv => props = Props::object("s390-pv-guest", "lsec0"),
    }
    b.line.object(&props);
}
