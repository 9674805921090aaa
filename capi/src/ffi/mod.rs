//! What every entry point shares: handles, the order of a call, arguments, results, the thread's last error.

pub mod admin;
mod args;
pub mod auth;
mod block_records;
mod call_out;
mod callback;
mod cpu_maps;
mod domain_arrays;
mod domain_event;
mod domain_values;
mod enter;
mod event_callback;
pub mod event_loop;
pub mod files;
mod guest_records;
mod guest_values;
mod handle;
mod heap_bytes;
mod initialize;
pub mod last_error;
mod leases;
pub mod lxc;
mod migration;
pub mod node;
mod object_event;
mod objects;
pub mod param_array;
pub mod qemu;
mod returns;
mod storage_info;
pub mod stream;
mod strings;
mod typed_params;
mod uuids;

pub use args::{bytes, opt_text, out, store, text, uuid_bytes};
pub use auth::authenticator;
pub use block_records::{
    fill_buffer, fill_disk_errors, fill_disk_params, write_block_info, write_block_job_info, write_job_info,
    write_job_kind,
};
pub use callback::callback;
pub use cpu_maps::{cpu_map, cpu_maps_room, vcpus_room};
pub use domain_arrays::{
    descriptors, domain_list, fill_cpu_stats, fill_memory_stats, first_domain, free_io_thread,
    free_stats_records, given_params, list_io_threads, list_security_labels, list_stats_records,
    write_security_label,
};
pub use domain_event::{domain_listener, lifecycle_callback};
pub use domain_values::{
    DomainNumber, sized_out, unsigned_long, write_control_info, write_domain_info, write_scheduler_type,
    write_state,
};
pub use enter::{global, global_beside, inspect, inspect_or, inspect_untold, modify, modify_with};
pub use event_callback::function_address;
pub use guest_records::{free_fs_info, free_interface, list_fs_info, list_interfaces};
pub use guest_values::{long_flags, numbers, open_fd, opt_text_list, write_time};
pub use handle::{add_ref, free, keep_opt_text, keep_text};
pub use heap_bytes::HeapBytes;
pub use initialize::initialize;
pub use leases::{free_lease, list_leases};
pub use migration::{migration_params, migration_target};
pub use object_event::{network_listener, node_device_listener, secret_listener, storage_pool_listener};
pub use objects::{Borrowed, list, object, opt_object};
pub use returns::malloc_string;
pub use storage_info::{write_pool_info, write_vol_info};
pub use strings::{TextList, room, text_list, text_list_out, text_list_required};
pub use typed_params::{
    any_params, opt_params, params, params_out, params_room, params_room_required, params_wanted,
};
pub use uuids::{uuid_text, write_uuid, write_uuid_text};

#[cfg(test)]
pub use callback::Callback;
#[cfg(test)]
pub use handle::{Handle, Retained, release, retain};
