//! The host's memory: what is free, huge pages, page sharing.

use crate::ffi::node::{numbers, page_counts, page_pools, stats_room};
use crate::ffi::{given_params, inspect, modify, params_room, room};
use ferrovirt::Connection;
use ferrovirt_core::abi::{virConnectPtr, virNodeMemoryStatsPtr, virTypedParameterPtr};
use std::ffi::{c_int, c_uint, c_ulonglong};

/// How the memory of the host is used, in KiB.
///
/// @conn: the connection
/// @cellNum: the NUMA cell, or VIR_NODE_MEMORY_STATS_ALL_CELLS
/// @params: where the statistics go; NULL to have them only counted
/// @nparams: how many there is room for, which must be as many as there are; 0 to be told
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetMemoryStats(
    conn: virConnectPtr,
    cellNum: c_int,
    params: virNodeMemoryStatsPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        stats_room(params, nparams)?.fill(&conn.node_memory_stats(cellNum, flags)?)
    })
}

/// How much of the host's memory is free.
///
/// @conn: the connection
///
/// Returns the bytes, or 0 on failure.
///
/// Since: 0.3.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetFreeMemory(conn: virConnectPtr) -> c_ulonglong {
    inspect(conn, |conn: &Connection| conn.node_free_memory())
}

/// How much memory is free in each NUMA cell.
///
/// @conn: the connection
/// @freeMems: where the bytes go, one number a cell
/// @startCell: the first cell
/// @maxCells: how many cells there is room for
///
/// Returns how many cells were written, or -1 on failure.
///
/// Since: 0.3.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetCellsFreeMemory(
    conn: virConnectPtr,
    freeMems: *mut c_ulonglong,
    startCell: c_int,
    maxCells: c_int,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let room = room(freeMems, maxCells, "freeMems")?;
        Ok(room.fill(conn.node_cells_free_memory(startCell, room.places())?))
    })
}

/// The settings of the host's memory, such as page sharing.
///
/// @conn: the connection
/// @params: where they go; NULL to have them only counted
/// @nparams: how many there is room for, 0 to be told how many there are; how many were written comes back
/// @flags: virTypedParameterFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetMemoryParameters(
    conn: virConnectPtr,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        params_room(params, nparams)?.fill(&conn.node_memory_parameters(flags)?)
    })
}

/// Changes settings of the host's memory.
///
/// @conn: the connection
/// @params: the new values; others stay
/// @nparams: how many there are
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virNodeSetMemoryParameters(
    conn: virConnectPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| conn.set_node_memory_parameters(&given_params(params, nparams)?, flags))
}

/// How many pages of each size are free in each NUMA cell.
///
/// @conn: the connection
/// @npages: how many sizes are asked about
/// @pages: the sizes, in KiB
/// @startCell: the first cell; -1 for the whole host
/// @cellCount: how many cells
/// @counts: where the @npages * @cellCount numbers go, cell after cell
/// @flags: unused so far, 0
///
/// Returns how many numbers were written, or -1 on failure.
///
/// Since: 1.2.6
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetFreePages(
    conn: virConnectPtr,
    npages: c_uint,
    pages: *mut c_uint,
    startCell: c_int,
    cellCount: c_uint,
    counts: *mut c_ulonglong,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let sizes = numbers(pages, npages, "pages")?;
        let write = page_counts(counts, npages, cellCount)?;
        conn.node_free_pages(sizes, startCell, cellCount, flags).map(write)
    })
}

/// Changes the pools of huge pages of NUMA cells.
///
/// @conn: the connection
/// @npages: how many sizes are changed
/// @pageSizes: the sizes, in KiB
/// @pageCounts: how many pages of each size to add, or to have
/// @startCell: the first cell; -1 for the whole host
/// @cellCount: how many cells
/// @flags: virNodeAllocPagesFlags
///
/// Returns how many cells were changed, or -1 on failure.
///
/// Since: 1.2.9
#[unsafe(no_mangle)]
pub extern "C" fn virNodeAllocPages(
    conn: virConnectPtr,
    npages: c_uint,
    pageSizes: *mut c_uint,
    pageCounts: *mut c_ulonglong,
    startCell: c_int,
    cellCount: c_uint,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| {
        let pools = page_pools(npages, pageSizes, pageCounts)?;
        conn.node_alloc_pages(&pools, startCell, cellCount, flags)
    })
}
