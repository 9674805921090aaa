//! Disks: resizing, reading, block jobs, throttling, disk errors.

use super::Domain;
use crate::arguments::{non_empty_params, without_string_okay};
use crate::flags::{exclusive, not_empty, one_state};
use ferrovirt_core::abi::{
    VIR_DOMAIN_BLOCK_REBASE_COPY, VIR_DOMAIN_BLOCK_REBASE_COPY_DEV, VIR_DOMAIN_BLOCK_REBASE_COPY_RAW,
    VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT, VIR_DOMAIN_BLOCK_REBASE_SHALLOW,
};
use ferrovirt_core::driver::{BlockInfo, BlockJobInfo, DiskError};
use ferrovirt_core::{Error, Result, TypedParams};

impl Domain {
    /// Makes a disk of a running guest larger (or smaller): KiB, or bytes with `VIR_DOMAIN_BLOCK_RESIZE_BYTES`.
    pub fn block_resize(&self, disk: &str, size: u64, flags: u32) -> Result<()> {
        self.driver().domain_block_resize(&self.id(), disk, size, flags)
    }

    /// `size` bytes of a disk, from `offset` on.
    pub fn block_peek(&self, disk: &str, offset: u64, size: usize, flags: u32) -> Result<Vec<u8>> {
        not_empty(disk, "disk")?;
        let data = self.driver().domain_block_peek(&self.id(), disk, offset, size, flags)?;
        whole(data, size, "disk")
    }

    /// `size` bytes of the guest's memory, from the virtual or physical address `start` on.
    pub fn memory_peek(&self, start: u64, size: usize, flags: u32) -> Result<Vec<u8>> {
        exclusive!(flags, VIR_MEMORY_VIRTUAL, VIR_MEMORY_PHYSICAL)?;
        let data = self.driver().domain_memory_peek(&self.id(), start, size, flags)?;
        whole(data, size, "memory")
    }

    /// How large a disk is, for the guest and on the host.
    pub fn block_info(&self, disk: &str, flags: u32) -> Result<BlockInfo> {
        not_empty(disk, "disk")?;
        self.driver().domain_get_block_info(&self.id(), disk, flags)
    }

    /// Ends the job on a disk: by giving up, or with `VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT` by taking over the copy.
    pub fn block_job_abort(&self, disk: &str, flags: u32) -> Result<()> {
        self.driver().domain_block_job_abort(&self.id(), disk, flags)
    }

    /// How far the job on a disk has come; `None` without one.
    pub fn block_job_info(&self, disk: &str, flags: u32) -> Result<Option<BlockJobInfo>> {
        self.driver().domain_get_block_job_info(&self.id(), disk, flags)
    }

    /// Limits the job on a disk: MiB/s, or bytes/s if the flags say so; 0 lifts the limit.
    pub fn block_job_set_speed(&self, disk: &str, bandwidth: u64, flags: u32) -> Result<()> {
        self.driver().domain_block_job_set_speed(&self.id(), disk, bandwidth, flags)
    }

    /// Starts to copy all of a disk's backing chain into its top image.
    pub fn block_pull(&self, disk: &str, bandwidth: u64, flags: u32) -> Result<()> {
        self.driver().domain_block_pull(&self.id(), disk, bandwidth, flags)
    }

    /// Starts to copy the part of the backing chain above `base` into the top image, or with
    /// `VIR_DOMAIN_BLOCK_REBASE_COPY` the disk to the file `base`.
    pub fn block_rebase(&self, disk: &str, base: Option<&str>, bandwidth: u64, flags: u32) -> Result<()> {
        if flags & VIR_DOMAIN_BLOCK_REBASE_COPY != 0 {
            if base.is_none() {
                return Err(Error::invalid_arg(format!("a copy of disk '{disk}' needs a place to go: base")));
            }
        } else if flags & REBASE_OF_COPIES != 0 {
            let detail = format!(
                "flags {:#x} only have a meaning together with VIR_DOMAIN_BLOCK_REBASE_COPY",
                flags & REBASE_OF_COPIES
            );
            return Err(Error::invalid_arg(detail));
        }
        self.driver().domain_block_rebase(&self.id(), disk, base, bandwidth, flags)
    }

    /// Starts to copy a disk to the place that `dest_xml` describes.
    pub fn block_copy(&self, disk: &str, dest_xml: &str, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_block_copy(&self.id(), disk, dest_xml, params, flags)
    }

    /// Starts to merge the images from `top` down into `base`; `None` is the top or the bottom of the chain.
    pub fn block_commit(
        &self,
        disk: &str,
        base: Option<&str>,
        top: Option<&str>,
        bandwidth: u64,
        flags: u32,
    ) -> Result<()> {
        self.driver().domain_block_commit(&self.id(), disk, base, top, bandwidth, flags)
    }

    /// A disk's limits of throughput; without a disk only their names count.
    pub fn block_io_tune(&self, disk: Option<&str>, flags: u32) -> Result<TypedParams> {
        one_state(flags)?;
        self.driver().domain_get_block_io_tune(&self.id(), disk, without_string_okay(flags))
    }

    pub fn set_block_io_tune(&self, disk: &str, params: &TypedParams, flags: u32) -> Result<()> {
        non_empty_params(params)?;
        self.driver().domain_set_block_io_tune(&self.id(), disk, params, flags)
    }

    /// How many disks could be in trouble, at most.
    pub fn num_of_disk_errors(&self, flags: u32) -> Result<usize> {
        self.driver().domain_num_of_disk_errors(&self.id(), flags)
    }

    /// The disks that are in trouble.
    pub fn disk_errors(&self, flags: u32) -> Result<Vec<DiskError>> {
        self.driver().domain_get_disk_errors(&self.id(), flags)
    }

    /// Asks for an event when a device, or one image of its chain, is written beyond `threshold` bytes.
    pub fn set_block_threshold(&self, device: &str, threshold: u64, flags: u32) -> Result<()> {
        self.driver().domain_set_block_threshold(&self.id(), device, threshold, flags)
    }
}

const REBASE_OF_COPIES: u32 = VIR_DOMAIN_BLOCK_REBASE_SHALLOW
    | VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT
    | VIR_DOMAIN_BLOCK_REBASE_COPY_RAW
    | VIR_DOMAIN_BLOCK_REBASE_COPY_DEV;

/// The caller's buffer is filled to the end or not at all.
fn whole(data: Vec<u8>, size: usize, what: &str) -> Result<Vec<u8>> {
    if data.len() == size {
        return Ok(data);
    }
    Err(Error::internal(format!("{} bytes of {what} were read where {size} were asked for", data.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::test_domain;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_core::abi::{VIR_MEMORY_PHYSICAL, VIR_MEMORY_VIRTUAL};

    #[test]
    fn flags_and_places_of_a_copy_belong_together() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |base, flags| domain.block_rebase("vda", base, 0, flags).unwrap_err().code();
        assert_eq!(code(None, VIR_DOMAIN_BLOCK_REBASE_COPY), ErrorCode::InvalidArg);
        assert_eq!(code(Some("/a"), VIR_DOMAIN_BLOCK_REBASE_SHALLOW), ErrorCode::InvalidArg);
        let shallow = VIR_DOMAIN_BLOCK_REBASE_COPY | VIR_DOMAIN_BLOCK_REBASE_SHALLOW;
        assert_eq!(code(Some("/a"), shallow), ErrorCode::NoSupport);
        assert_eq!(code(None, 0), ErrorCode::NoSupport);
    }

    #[test]
    fn memory_has_one_kind_of_address() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |flags| domain.memory_peek(0, 8, flags).unwrap_err().code();
        assert_eq!(code(VIR_MEMORY_VIRTUAL | VIR_MEMORY_PHYSICAL), ErrorCode::InvalidArg);
        assert_eq!(code(VIR_MEMORY_PHYSICAL), ErrorCode::NoSupport);
    }

    #[test]
    fn a_disk_needs_a_name_and_limits_need_values() {
        let domain = test_domain(AccessMode::ReadWrite);
        assert_eq!(domain.block_info("", 0).unwrap_err().code(), ErrorCode::InvalidArg);
        let none = TypedParams::new();
        assert_eq!(domain.set_block_io_tune("vda", &none, 0).unwrap_err().code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn a_short_read_is_an_error() {
        assert_eq!(whole(vec![1, 2], 2, "disk").unwrap(), [1, 2]);
        assert_eq!(whole(vec![1], 2, "disk").unwrap_err().code(), ErrorCode::Internal);
    }
}
