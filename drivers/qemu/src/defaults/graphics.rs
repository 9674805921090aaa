//! Displays as earlier versions wrote them.

use ferrovirt_conf::domain::{Graphics, GraphicsListen, ListenType};

use crate::layout::Paths;

/// A socket in the driver's own folder was made up for one run, and says no more than that the display listens.
pub fn forget_own_sockets(graphics: &mut [Graphics], paths: &Paths) {
    let lib = paths.lib();
    let lib = lib.to_string_lossy();
    for display in graphics {
        let Graphics::Vnc(vnc) = display else { continue };
        for listen in &mut vnc.listens {
            let own = listen.socket.as_deref().is_some_and(|socket| socket.starts_with(&*lib));
            if own && listen.kind == ListenType::Socket && listen.auto_generated.is_none() {
                *listen = GraphicsListen::new(ListenType::Address);
                vnc.socket = None;
            }
        }
    }
}
