//! What the kernel's KVM tells of the host: how many CPUs a guest can have, its clock, and registers.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};

use ferrovirt_core::{Error, Result};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};

const DEVICE: &str = "/dev/kvm";
const TYPE: u8 = 0xae;

const CREATE_VM: Opcode = ioctl::opcode::none(TYPE, 0x01);
const CHECK_EXTENSION: Opcode = ioctl::opcode::none(TYPE, 0x03);
const CREATE_VCPU: Opcode = ioctl::opcode::none(TYPE, 0x41);
const GET_TSC_KHZ: Opcode = ioctl::opcode::none(TYPE, 0xa3);
/// Sized as its head, which counts the entries that follow.
const GET_MSRS: Opcode = ioctl::opcode::read_write::<[u32; 2]>(TYPE, 0x88);

const CAP_NR_VCPUS: usize = 9;
const CAP_TSC_CONTROL: usize = 60;
const CAP_MAX_VCPUS: usize = 66;

/// The device.
#[derive(Debug)]
pub struct Kvm(OwnedFd);

/// The time stamp counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tsc {
    /// In Hz.
    pub frequency: u64,
    /// Whether guests can have another one.
    pub scaling: bool,
}

/// Takes a number, and answers with one.
struct Call {
    opcode: Opcode,
    argument: usize,
}

// SAFETY: the opcodes above take a number where others take a pointer, so the kernel follows no address, and their
// answer is the value that comes back.
unsafe impl Ioctl for Call {
    type Output = i32;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        self.opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::without_provenance_mut(self.argument)
    }

    unsafe fn output_from_ptr(output: IoctlOutput, _: *mut c_void) -> rustix::io::Result<i32> {
        Ok(output)
    }
}

/// A question about one register: `struct kvm_msrs` with an entry.
#[repr(C)]
struct MsrQuestion {
    count: u32,
    pad: u32,
    index: u32,
    reserved: u32,
    value: u64,
}

impl Kvm {
    pub fn open() -> Result<Self> {
        let device = rustix::fs::open(DEVICE, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        device.map(Self).map_err(|errno| Error::system(errno, format_args!("cannot open '{DEVICE}'")))
    }

    /// Most vCPUs of a guest.
    pub fn max_vcpus(&self) -> i32 {
        let extension = |number| call(&self.0, CHECK_EXTENSION, number).ok().filter(|count| *count > 0);
        // The kernel's documentation has the last number, for kernels that know neither.
        extension(CAP_MAX_VCPUS).or_else(|| extension(CAP_NR_VCPUS)).unwrap_or(4)
    }

    /// The time stamp counter of guests; a guest without memory is made to ask it.
    pub fn tsc(&self) -> Result<Tsc> {
        let failed = |what| move |errno: Errno| Error::system(errno, format_args!("cannot {what}"));
        let guest = descriptor(&self.0, CREATE_VM).map_err(failed("make a guest to look at its clock"))?;
        let vcpu = descriptor(&guest, CREATE_VCPU).map_err(failed("make a vCPU to look at its clock"))?;
        let khz = call(&vcpu, GET_TSC_KHZ, 0).map_err(failed("ask a vCPU for its clock"))?;
        let scaling = call(&self.0, CHECK_EXTENSION, CAP_TSC_CONTROL);
        let scaling = scaling.map_err(failed("ask KVM whether clocks can be scaled"))?;
        Ok(Tsc { frequency: u64::from(khz.unsigned_abs()) * 1000, scaling: scaling != 0 })
    }

    /// What a model-specific register of the host is, as far as guests are told; `None` if they are not.
    pub fn msr(&self, index: u32) -> Option<u64> {
        let mut question = MsrQuestion { count: 1, pad: 0, index, reserved: 0, value: 0 };
        // SAFETY: `MsrQuestion` is laid out as the kernel's structure with room for the one entry that it counts, and
        // the kernel writes to nothing else.
        let asked =
            unsafe { ioctl::ioctl(&self.0, ioctl::Updater::<GET_MSRS, MsrQuestion>::new(&mut question)) };
        asked.ok().map(|()| question.value)
    }
}

fn call(device: &OwnedFd, opcode: Opcode, argument: usize) -> rustix::io::Result<i32> {
    // SAFETY: `Call` passes numbers only.
    unsafe { ioctl::ioctl(device.as_fd(), Call { opcode, argument }) }
}

/// A call whose answer is a new descriptor.
fn descriptor(device: &OwnedFd, opcode: Opcode) -> rustix::io::Result<OwnedFd> {
    let fd = call(device, opcode, 0)?;
    // SAFETY: the kernel has just made this descriptor, for nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kvm_tells_how_many_cpus_guests_can_have() {
        let Ok(kvm) = Kvm::open() else {
            eprintln!("SKIPPED: '{DEVICE}' can't be opened");
            return;
        };
        assert!(kvm.max_vcpus() >= 4);
        if cfg!(target_arch = "x86_64") {
            assert!(kvm.tsc().expect("a clock").frequency > 1_000_000);
        }
    }
}
