//! What every entry point shares: handles, the order of a call, arguments, results, the thread's last error.

mod args;
mod callback;
mod enter;
mod handle;
pub mod last_error;
mod returns;
mod strings;
mod typed_params;

pub use args::{Out, bytes, opt_text, out, text, uuid_bytes};
pub use callback::{Callback, HoldingCallback, callback, lend};
pub use enter::{global, inspect, modify};
pub use handle::{Handle, KeptText, Retained, add_ref, free, keep_opt_text, keep_text, release, retain};
pub use returns::{CReturn, HandleList, malloc_string};
pub use strings::{Room, TextList, copy_into, malloc_opt_string, room, text_list, text_list_until_null};
pub use typed_params::{
    HeapParams, ParamsOut, ParamsRoom, fill_grid, opt_params, params, params_out, params_room,
    params_room_required,
};
