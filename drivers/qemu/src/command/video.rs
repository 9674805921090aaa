//! `<video>`: graphics cards.

use super::chardev;
use super::context::{Builder, Context, alias};
use super::descriptors::Passed;
use super::props::Props;
use ferrovirt_conf::domain::{Video, VideoBackend, VideoType};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for video in b.model().devices.videos.iter().filter(|video| video.model.kind != VideoType::None) {
        if is_vhost_user(video) {
            let id = alias(&video.info)?;
            let what = Passed::Device { alias: id.to_owned() };
            chardev::connected_socket(b, &format!("chr-vu-{id}"), what)?;
        }
        let props = b.context.video(video)?;
        b.device(props)?;
    }
    Ok(())
}

fn is_vhost_user(video: &Video) -> bool {
    video.driver.name == Some(VideoBackend::VhostUser)
}

impl Context<'_> {
    pub fn video(self, video: &Video) -> Result<Props> {
        let model = &video.model;
        let mut props = self.video_type(video)?;
        props.set("id", alias(&video.info)?);
        let accelerated = model.acceleration.as_ref().and_then(|acceleration| acceleration.accel_3d);
        if model.kind == VideoType::Virtio && !is_vhost_user(video) {
            let old = self.capabilities.device_has_property("virtio-gpu-pci", "virgl");
            props.switch("virgl", accelerated.filter(|_| old));
        }
        if matches!(model.kind, VideoType::Qxl | VideoType::Virtio) {
            props.positive("max_outputs", model.heads);
        }
        self.video_memory(&mut props, video);
        if let Some(resolution) = &model.resolution {
            props.positive("xres", resolution.x).positive("yres", resolution.y);
        }
        self.address(&mut props, &video.info)?;
        Ok(props)
    }

    /// The primary card speaks VGA, where there is such a one.
    fn video_type(self, video: &Video) -> Result<Props> {
        let model = &video.model;
        let accelerated = model.acceleration.as_ref().and_then(|a| a.accel_3d) == Some(YesNo::Yes);
        let primary = video.is_primary() && self.has_vga(video);
        let options = &video.driver.virtio;
        let virtio = |base: &str| self.virtio(base, &video.info, None, options);
        if is_vhost_user(video) {
            return if primary { Ok(Props::device("vhost-user-vga")) } else { virtio("vhost-user-gpu") };
        }
        let gl = |plain: &'static str, gl: &'static str, device: &str| {
            if accelerated && self.capabilities.has_device(device) { gl } else { plain }
        };
        Ok(match (model.kind, primary) {
            (VideoType::Virtio, true) => {
                let mut driver = gl("virtio-vga", "virtio-vga-gl", "virtio-vga-gl").to_owned();
                self.virtio_named(&mut driver, &video.info, None, options)?
            }
            (VideoType::Virtio, false) => virtio(gl("virtio-gpu", "virtio-gpu-gl", "virtio-gpu-gl-pci"))?,
            (VideoType::Qxl, true) => Props::device("qxl-vga"),
            (VideoType::Qxl, false) => Props::device("qxl"),
            (VideoType::Vga, true) => Props::device("VGA"),
            (VideoType::Cirrus, true) => Props::device("cirrus-vga"),
            (VideoType::Vmvga, true) => Props::device("vmware-svga"),
            (VideoType::Bochs, true) => Props::device("bochs-display"),
            (VideoType::Ramfb, true) => Props::device("ramfb"),
            (kind, _) => {
                let place = if video.is_primary() { "" } else { " as a further card" };
                return Err(Error::config_unsupported(format!("QEMU has no video card '{kind}'{place}")));
            }
        })
    }

    /// Whether a card comes in a form that speaks VGA.
    fn has_vga(self, video: &Video) -> bool {
        let device = match (video.model.kind, is_vhost_user(video)) {
            (_, true) => "vhost-user-vga",
            (VideoType::Virtio, false) => "virtio-vga",
            _ => return true,
        };
        self.capabilities.has_device(device)
    }

    fn video_memory(self, props: &mut Props, video: &Video) {
        let model = &video.model;
        match model.kind {
            VideoType::Qxl => {
                props.positive("ram_size", u64::from(model.ram) * 1024);
                props.positive("vram_size", u64::from(model.vram) * 1024);
                if self.capabilities.device_has_property("qxl", "vram64_size_mb") {
                    props.set("vram64_size_mb", model.vram64 / 1024);
                }
                if self.capabilities.device_has_property("qxl", "vgamem_mb") {
                    props.set("vgamem_mb", model.vgamem / 1024);
                }
            }
            _ if is_vhost_user(video) => {
                let id = video.info.alias.as_deref().unwrap_or_default();
                props.set("chardev", format!("chr-vu-{id}"));
            }
            VideoType::Vga if self.capabilities.device_has_property("VGA", "vgamem_mb") => {
                props.positive("vgamem_mb", model.vram / 1024);
            }
            VideoType::Vmvga if self.capabilities.device_has_property("vmware-svga", "vgamem_mb") => {
                props.positive("vgamem_mb", model.vram / 1024);
            }
            VideoType::Bochs => _ = props.positive("vgamem", u64::from(model.vram) * 1024),
            VideoType::Virtio => _ = props.switch("blob", model.blob),
            _ => {}
        }
    }
}
