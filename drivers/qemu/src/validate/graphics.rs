//! Displays, and the video cards that they show.

use ferrovirt_conf::domain::{
    Graphics, GraphicsListen, MemorySource, SpiceGraphics, Video, VideoBackend, VideoType,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    let devices = &subject.model.devices;
    check_displays(subject, &devices.graphics)?;
    if devices.videos.len() > 1 && devices.videos.iter().any(|video| video.model.kind == VideoType::None) {
        return refuse("a video card of model 'none' says that there is no other: take one out");
    }
    devices.videos.iter().try_for_each(|video| check_video(subject, video))
}

fn check_displays(subject: &Subject<'_>, all: &[Graphics]) -> Result<()> {
    let headless = all.iter().any(|display| matches!(display, Graphics::EglHeadless(_)));
    for display in all {
        let shows = |kind: &str| {
            subject.capabilities.schema_has(&format!("query-display-options/ret-type/type/^{kind}"))
        };
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
        let fits = matches!(display, Graphics::Vnc(_) | Graphics::Spice(_) | Graphics::EglHeadless(_));
        if headless && !fits {
            return refuse(format!(
                "'egl-headless' goes with VNC and SPICE only, not with '{}'",
                display.kind()
            ));
        }
        match display {
            Graphics::Spice(spice) if headless && spice.gl == Some(YesNo::Yes) => {
                return refuse(
                    "SPICE with OpenGL does not go with 'egl-headless': QEMU has one OpenGL display",
                );
            }
            Graphics::Spice(spice) => check_spice(subject, spice)?,
            _ => {}
        }
    }
    Ok(())
}

/// TLS needs certificates, which only the configuration of the driver can name.
fn check_spice(subject: &Subject<'_>, spice: &SpiceGraphics) -> Result<()> {
    let has_ports = spice.listens.first().is_none_or(GraphicsListen::has_ports);
    match spice.tls_port {
        Some(port) if port > 0 && has_ports && subject.settings.spice.tls.is_none() => {
            refuse(format!("SPICE has a tlsPort, {port}, but 'spice_tls' is off in qemu.conf"))
        }
        _ => Ok(()),
    }
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

fn check_video(subject: &Subject<'_>, video: &Video) -> Result<()> {
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
    if model.vgamem != 0 && (model.vgamem < 1024 || !model.vgamem.is_power_of_two()) {
        return refuse("'vgamem' of a video card must be a power of two from 1024 KiB on");
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
    if model.blob == Some(OnOff::On) && subject.model.memory_backing.source != Some(MemorySource::Memfd) {
        return refuse("'blob' of a video card needs memory of type 'memfd'");
    }
    Ok(())
}
