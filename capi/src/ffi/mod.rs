//! What every entry point shares: handles, the order of a call, arguments, results, the thread's last error.

pub mod admin;
mod args;
mod auth;
mod callback;
mod enter;
pub mod event_loop;
pub mod files;
mod handle;
mod heap_bytes;
pub mod last_error;
mod leases;
pub mod lxc;
pub mod node;
mod objects;
pub mod param_array;
pub mod qemu;
mod returns;
mod storage_info;
pub mod stream;
mod strings;
mod typed_params;
mod uuids;

pub use args::{Out, bytes, opt_text, out, store, text, uuid_bytes};
pub use auth::authenticator;
pub use callback::{Callback, HoldingCallback, callback, lend};
pub use enter::{global, inspect, inspect_or, modify};
pub use handle::{Handle, KeptText, Retained, add_ref, free, keep_opt_text, keep_text, release, retain};
pub use heap_bytes::HeapBytes;
pub use leases::{free_lease, list_leases};
pub use objects::{Borrowed, list, object, opt_object};
pub use returns::{CReturn, HandleList, malloc_string};
pub use storage_info::{write_pool_info, write_vol_info};
pub use strings::{
    Room, TextList, copy_into, malloc_opt_string, room, text_list, text_list_out, text_list_required,
    text_list_until_null,
};
pub use typed_params::{
    HeapParams, ParamsOut, ParamsRoom, fill_grid, opt_params, params, params_out, params_room,
    params_room_required,
};
pub use uuids::{uuid_text, write_uuid, write_uuid_text};
