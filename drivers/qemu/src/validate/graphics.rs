//! Displays, and the video cards that they show.

use ferrovirt_conf::domain::{
    AudioType, DbusGraphics, Graphics, GraphicsListen, MemorySource, SpiceGraphics, Video, VideoBackend,
    VideoType, VncGraphics,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{OnOff, YesNo};

use super::{Subject, refuse};
use crate::displays::VNC_PASSWORD_LENGTH;

/// QEMU counts video memory in 32 bits of bytes: so many KiB.
const MOST_VIDEO_MEMORY: u32 = u32::MAX / 1024;

pub(super) fn check_display(subject: &Subject<'_>, display: &Graphics) -> Result<()> {
    let all = &subject.model.devices.graphics;
    let shows =
        |kind: &str| subject.capabilities.schema_has(&format!("query-display-options/ret-type/type/^{kind}"));
    let able = match display {
        Graphics::Vnc(_) => subject.capabilities.supports_command("query-vnc"),
        Graphics::Spice(_) => subject.capabilities.has_option("spice"),
        Graphics::Sdl(_) => shows("sdl"),
        Graphics::EglHeadless(_) => shows("egl-headless"),
        Graphics::Dbus(_) => shows("dbus"),
        // RDP is served by a program of its own, which is not run.
        Graphics::Rdp(_) | Graphics::Desktop(_) => false,
    };
    if !able {
        return refuse(format!("this QEMU has no displays of type '{}'", display.kind()));
    }
    if all.iter().any(|display| matches!(display, Graphics::EglHeadless(_))) {
        match display {
            Graphics::Spice(spice) if spice.gl == Some(YesNo::Yes) => {
                return refuse(
                    "SPICE with OpenGL does not go with 'egl-headless': QEMU has one OpenGL display",
                );
            }
            Graphics::Vnc(_) | Graphics::Spice(_) | Graphics::EglHeadless(_) => {}
            other => {
                return refuse(format!(
                    "'egl-headless' goes with VNC and SPICE only, not with '{}'",
                    other.kind()
                ));
            }
        }
    }
    match display {
        Graphics::Spice(spice) => check_spice(subject, spice),
        Graphics::Vnc(vnc) => check_vnc(subject, vnc),
        Graphics::Dbus(dbus) => check_dbus(subject, dbus),
        _ => Ok(()),
    }
}

fn check_vnc(subject: &Subject<'_>, vnc: &VncGraphics) -> Result<()> {
    if vnc.power_control.is_some() && !subject.capabilities.option_has_parameter("vnc", "power-control") {
        return refuse("the VNC display of this QEMU has no powerControl");
    }
    match &vnc.auth.password {
        Some(password) if password.len() > VNC_PASSWORD_LENGTH => refuse(format!(
            "a VNC password has at most {VNC_PASSWORD_LENGTH} characters, not {}",
            password.len()
        )),
        _ => Ok(()),
    }
}

fn check_dbus(subject: &Subject<'_>, dbus: &DbusGraphics) -> Result<()> {
    let Some(id) = dbus.audio_id else { return Ok(()) };
    match subject.model.devices.audios.iter().find(|audio| audio.id == id) {
        Some(audio) if audio.kind != AudioType::Dbus => {
            refuse(format!("<audio id='{id}'> of a D-Bus display must be of type 'dbus'"))
        }
        _ => Ok(()),
    }
}

/// TLS needs certificates, which only the configuration of the driver can name.
fn check_spice(subject: &Subject<'_>, spice: &SpiceGraphics) -> Result<()> {
    let has_ports = spice.listens.first().is_none_or(GraphicsListen::has_ports);
    match spice.tls_port {
        Some(port) if port > 0 && has_ports && subject.settings.spice.tls.is_none() => {
            return refuse(format!("SPICE has a tlsPort, {port}, but 'spice_tls' is off in qemu.conf"));
        }
        _ => {}
    }
    let has = |name: &str| subject.capabilities.option_has_parameter("spice", name);
    if spice.gl == Some(YesNo::Yes) {
        if !has("gl") {
            return refuse("the SPICE display of this QEMU has no OpenGL");
        }
        if spice.render_node.is_some() && !has("rendernode") {
            return refuse("the SPICE display of this QEMU has no 'rendernode'");
        }
    }
    Ok(())
}

/// QEMU's devices for a model of video card: any of them will do.
fn cards(kind: VideoType) -> &'static [&'static str] {
    match kind {
        VideoType::Vga => &["VGA"],
        VideoType::Cirrus => &["cirrus-vga"],
        VideoType::Vmvga => &["vmware-svga"],
        VideoType::Qxl => &["qxl"],
        VideoType::Virtio => {
            &["virtio-gpu-pci", "virtio-gpu-ccw", "virtio-gpu-device", "virtio-vga", "vhost-user-gpu"]
        }
        VideoType::Bochs => &["bochs-display"],
        VideoType::Ramfb => &["ramfb"],
        _ => &[],
    }
}

pub(super) fn check_video(subject: &Subject<'_>, video: &Video) -> Result<()> {
    let model = &video.model;
    let kind = model.kind;
    if kind == VideoType::None {
        return Ok(());
    }
    if !cards(kind).iter().any(|device| subject.has_device(device)) {
        return refuse(format!("this QEMU has no video card of model '{kind}'"));
    }
    if !matches!(kind, VideoType::Qxl | VideoType::Virtio) {
        if !video.is_primary() {
            return refuse(format!("a video card of model '{kind}' can be the first one only"));
        }
        if model.heads != 1 {
            return refuse(format!("a video card of model '{kind}' has one head"));
        }
    }
    let acceleration = model.acceleration.as_ref();
    if acceleration.is_some_and(|acceleration| acceleration.accel_2d == Some(YesNo::Yes)) {
        return refuse("QEMU accelerates nothing in 2D: take out accel2d");
    }
    if kind == VideoType::Qxl {
        if let Some(size) = [model.vram, model.ram].into_iter().find(|size| *size > MOST_VIDEO_MEMORY) {
            let text = format!("video memory of {size} KiB is more than {MOST_VIDEO_MEMORY} KiB");
            return Err(Error::new(ErrorCode::Overflow, text));
        }
        if model.vgamem != 0 && (model.vgamem < 1024 || !model.vgamem.is_power_of_two()) {
            return refuse("'vgamem' of a video card must be a power of two from 1024 KiB on");
        }
    }
    let has_resolution =
        matches!(kind, VideoType::Vga | VideoType::Qxl | VideoType::Virtio | VideoType::Bochs);
    if model.resolution.is_some() && !has_resolution {
        return Err(Error::xml(format!("a video card of model '{kind}' has no resolution to set")));
    }
    if matches!(kind, VideoType::Vga | VideoType::Vmvga) && model.vram != 0 && model.vram < 1024 {
        return refuse("'vram' of a video card must be at least 1024 KiB");
    }
    let in_3d = acceleration.is_some_and(|acceleration| acceleration.accel_3d == Some(YesNo::Yes));
    if video.driver.name == Some(VideoBackend::VhostUser) {
        if !subject.has_device("vhost-user-gpu") {
            return refuse("this QEMU has no vhost-user video cards");
        }
    } else if in_3d {
        if kind != VideoType::Virtio {
            return refuse("3D acceleration is for video cards of model 'virtio'");
        }
        let able = subject.has_device("virtio-gpu-gl-pci")
            || subject.has_device("virtio-vga-gl")
            || subject.capabilities.device_has_property("virtio-gpu-pci", "virgl");
        if !able {
            return refuse("this QEMU has no 3D acceleration");
        }
    }
    if kind == VideoType::Virtio && model.blob.is_some() {
        if !subject.any_has(&["virtio-gpu-pci", "virtio-gpu-device", "virtio-gpu-ccw", "virtio-vga"], "blob")
        {
            return refuse("the video cards of this QEMU have no 'blob'");
        }
        if model.blob == Some(OnOff::On) && subject.model.memory_backing.source != Some(MemorySource::Memfd) {
            return refuse("'blob' of a video card needs memory of type 'memfd'");
        }
    }
    if kind == VideoType::Ramfb && video.info.address.is_some() {
        return refuse("a video card of model 'ramfb' has no <address>");
    }
    Ok(())
}
