//! `<video>`: the guest's graphics cards.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts, VirtioOptions};

/// A graphics card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "video", block)]
pub struct Video {
    #[xml(flatten = "driver")]
    pub driver: VideoDriver,
    #[xml(flatten = "model")]
    pub model: VideoModel,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// `<driver>`: who drives it, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VideoDriver {
    #[xml(flatten)]
    pub virtio: VirtioOptions,
    /// Of bhyve.
    #[xml(attr = "vgaconf", skip_if = "is_io")]
    pub vga_conf: Option<VgaConf>,
    #[xml(attr)]
    pub name: Option<VideoBackend>,
}

/// The first choice is what goes without saying.
fn is_io(conf: &Option<VgaConf>) -> bool {
    *conf == Some(VgaConf::Io)
}

/// What old software finds of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VgaConf {
    Io,
    On,
    Off,
}

/// Who draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VideoBackend {
    Qemu,
    /// A process beside the hypervisor.
    #[xml(name = "vhostuser")]
    VhostUser,
}

/// `<model>`: the card. Sizes are KiB, 0 where nobody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VideoModel {
    #[xml(attr = "type", default)]
    pub kind: VideoType,
    /// Of QXL: the primary bar.
    #[xml(attr, default, skip_default)]
    pub ram: u32,
    #[xml(attr, default, skip_default)]
    pub vram: u32,
    /// Of QXL.
    #[xml(attr, default, skip_default)]
    pub vram64: u32,
    /// Of QXL.
    #[xml(attr, default, skip_default)]
    pub vgamem: u32,
    /// Screens.
    #[xml(attr, default = "1", skip_if = "is_zero")]
    pub heads: u32,
    /// Whether the firmware shows itself on it.
    #[xml(attr, skip_if = "is_not_yes", ignore = "bad")]
    pub primary: Option<YesNo>,
    /// Of virtio.
    #[xml(attr)]
    pub blob: Option<OnOff>,
    #[xml(child)]
    pub acceleration: Option<VideoAcceleration>,
    #[xml(child)]
    pub resolution: Option<VideoResolution>,
}

fn is_not_yes(value: &Option<YesNo>) -> bool {
    *value != Some(YesNo::Yes)
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Default for VideoModel {
    fn default() -> Self {
        Self {
            kind: VideoType::Default,
            ram: 0,
            vram: 0,
            vram64: 0,
            vgamem: 0,
            heads: 1,
            primary: None,
            blob: None,
            acceleration: None,
            resolution: None,
        }
    }
}

/// What the guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, XmlEnum)]
pub enum VideoType {
    /// Nobody said; drivers choose.
    #[default]
    Default,
    Vga,
    Cirrus,
    Vmvga,
    Xen,
    Vbox,
    Qxl,
    Parallels,
    Virtio,
    Gop,
    /// No card at all.
    None,
    Bochs,
    Ramfb,
}

impl VideoType {
    /// KiB of memory that such a card has if nobody said, for guests of that type.
    pub fn default_ram(self, virt_type: &str) -> u32 {
        match (self, virt_type) {
            (Self::Vga | Self::Cirrus | Self::Vmvga, "vbox") => 8 * 1024,
            (Self::Vga | Self::Cirrus | Self::Vmvga, "vmware") => 4 * 1024,
            (Self::Vga | Self::Cirrus | Self::Vmvga | Self::Bochs, _) => 16 * 1024,
            (Self::Xen, _) => 4 * 1024,
            (Self::Qxl, _) => 64 * 1024,
            _ => 0,
        }
    }
}

/// `<acceleration>`: what the host's graphics card helps with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "acceleration")]
pub struct VideoAcceleration {
    #[xml(attr = "accel3d")]
    pub accel_3d: Option<YesNo>,
    #[xml(attr = "accel2d")]
    pub accel_2d: Option<YesNo>,
    /// Of vhost-user: the host's device.
    #[xml(attr = "rendernode")]
    pub render_node: Option<String>,
}

/// `<resolution>`: the screen's size in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "resolution")]
pub struct VideoResolution {
    #[xml(attr)]
    pub x: u32,
    #[xml(attr)]
    pub y: u32,
}

impl Video {
    /// A card of that kind.
    pub fn new(kind: VideoType) -> Self {
        Self { model: VideoModel { kind, ..VideoModel::default() }, ..Self::default() }
    }

    /// Whether the firmware shows itself on it.
    pub fn is_primary(&self) -> bool {
        self.model.primary == Some(YesNo::Yes)
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Video {
    fn visible(&self, facts: &mut Facts) {
        let model = &self.model;
        facts.is("type", &model.kind);
        let sizes =
            [("ram", model.ram), ("vram", model.vram), ("vram64", model.vram64), ("vgamem", model.vgamem)];
        sizes.iter().for_each(|(name, size)| facts.is(name, size));
        facts.is("heads", &model.heads);
        let acceleration = model.acceleration.clone().unwrap_or_default();
        facts.may("accel2d", &acceleration.accel_2d);
        facts.may("accel3d", &acceleration.accel_3d);
        facts.virtio(&self.driver.virtio);
        facts.place(&self.info);
    }

    /// Drivers choose the kind before.
    fn fill_defaults(&mut self, context: &Context) {
        let model = &mut self.model;
        if model.kind == VideoType::None {
            let alias = self.info.alias.take();
            *self = Self::new(VideoType::None);
            self.model.heads = 0;
            self.info.alias = alias;
            return;
        }
        let ram = model.kind.default_ram(&context.virt_type);
        if model.ram == 0 && model.kind == VideoType::Qxl {
            model.ram = ram;
        }
        if model.vram == 0 {
            model.vram = ram;
        }
        for size in [&mut model.ram, &mut model.vram] {
            if *size != 0 {
                *size = size.checked_next_power_of_two().unwrap_or(*size);
            }
        }
    }

    /// That 'none' is alone is for the domain to see.
    fn validate(&self, _context: &Context) -> Result<()> {
        let model = &self.model;
        let kind = model.kind;
        let unsupported = |text: String| Err(Error::config_unsupported(text));
        if kind == VideoType::Default {
            return Err(Error::internal("the video card's model is not said, and there is none to be taken"));
        }
        let node = model.acceleration.as_ref().and_then(|acceleration| acceleration.render_node.as_ref());
        match self.driver.name {
            Some(VideoBackend::VhostUser) if kind != VideoType::Virtio => {
                return unsupported("the video driver 'vhostuser' needs the model 'virtio'".into());
            }
            Some(VideoBackend::VhostUser) => {}
            _ if node.is_some() => {
                return unsupported("'rendernode' of a video card needs the driver 'vhostuser'".into());
            }
            _ => {}
        }
        if model.acceleration.as_ref().is_some_and(|said| *said == VideoAcceleration::default()) {
            return unsupported(
                "<acceleration> says nothing: accel2d, accel3d or rendernode is needed".into(),
            );
        }
        if model.resolution.as_ref().is_some_and(|size| size.x == 0 || size.y == 0) {
            return unsupported("both sides of a video card's resolution must be above 0".into());
        }
        if kind != VideoType::Qxl {
            let sizes = [("ram", model.ram), ("vram64", model.vram64), ("vgamem", model.vgamem)];
            if let Some((name, _)) = sizes.iter().find(|(_, size)| *size != 0) {
                return unsupported(format!("'{name}' is for video cards of the model 'qxl', not '{kind}'"));
            }
        }
        if kind == VideoType::Ramfb && self.info.address.is_some() {
            return unsupported("a video card of the model 'ramfb' has no address".into());
        }
        if kind != VideoType::Virtio {
            self.driver.virtio.refuse(&format!("a video card of the model '{kind}'"))?;
            if model.blob.is_some() {
                return unsupported(format!("'blob' is for video cards of the model 'virtio', not '{kind}'"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, Internal};
    use ferrovirt_xml::check::check_same;
    use ferrovirt_xml::{from_str, to_string};

    fn filled(inside: &str) -> Video {
        let mut video: Video = from_str(&format!("<video>{inside}</video>"), "test").unwrap();
        video.fill_defaults(&Context::default());
        video
    }

    #[test]
    fn cards_print_back() {
        check_same::<Video>(
            "<video>
  <driver iommu='on' vgaconf='on' name='vhostuser'/>
  <model type='virtio' vram='16384' heads='2' primary='yes' blob='on'>
    <acceleration accel3d='yes' rendernode='/dev/dri/renderD128'/>
    <resolution x='1920' y='1080'/>
  </model>
  <alias name='video0'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
</video>",
        );
    }

    #[test]
    fn memory_is_filled_in_and_rounded_up() {
        let line = |inside: &str| to_string(&filled(inside)).lines().nth(1).unwrap().trim().to_owned();
        assert_eq!(line("<model type='vga'/>"), "<model type='vga' vram='16384' heads='1'/>");
        assert_eq!(
            line("<model type='qxl' vram='3000' primary='perhaps'/>"),
            "<model type='qxl' ram='65536' vram='4096' heads='1'/>"
        );
        assert_eq!(line("<model type='none' vram='3000' primary='yes'/>"), "<model type='none'/>");
    }

    #[test]
    fn contradictions_are_refused_with_libvirts_codes() {
        let code =
            |text: &str| -> ErrorCode { filled(text).validate(&Context::default()).expect_err(text).code() };
        assert_eq!(code(""), Internal);
        for inside in [
            "<driver name='vhostuser'/><model type='vga'/>",
            "<model type='virtio'><acceleration rendernode='/dev/a'/></model>",
            "<model type='virtio'><acceleration/></model>",
            "<model type='virtio'><resolution x='0' y='1'/></model>",
            "<model type='vga' vgamem='1'/>",
            "<model type='ramfb'/><address type='pci'/>",
            "<driver packed='on'/><model type='vga'/>",
            "<model type='vga' blob='on'/>",
        ] {
            assert_eq!(code(inside), ConfigUnsupported, "{inside}");
        }
    }
}
