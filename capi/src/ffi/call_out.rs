//! Calls from the library into functions of the application.
//!
//! Such a function may end its thread (`pthread_exit`): Python before 3.14 does so with a daemon thread that comes back to
//! the interpreter while the program ends, and with it every program that runs its event loop in such a thread. glibc then
//! unwinds the thread's stack, and Rust's `catch_unwind`, which stands further out in every function of this library,
//! answers what is not a Rust panic by aborting the process. So the stack ends, for whoever unwinds it, at the frame
//! from which we call out: glibc finds no more frames, leaves ours as they are, as `longjmp` would, and ends the thread in
//! good order. What a thread's callback interrupts is lost with it; no lock is held while the application is called.

use std::ffi::c_void;
use std::mem::{MaybeUninit, needs_drop};

/// A function that a frame calls; what ends a thread passes through it.
type Run = unsafe extern "C-unwind" fn(*mut c_void);

/// Calls `call`, which calls a function of the application and does nothing else that could fail.
pub fn call_out<T, F: FnOnce() -> T>(call: F) -> T {
    // A frame that has something to drop would ask to be told when the stack is unwound.
    const { assert!(!needs_drop::<F>() && !needs_drop::<T>()) }
    let mut state = State { call: MaybeUninit::new(call), answer: MaybeUninit::uninit() };
    last_frame(run::<F, T>, (&raw mut state).cast());
    // SAFETY: the call came back, so that `run` has written the answer.
    unsafe { state.answer.assume_init() }
}

struct State<F, T> {
    call: MaybeUninit<F>,
    answer: MaybeUninit<T>,
}

unsafe extern "C-unwind" fn run<F: FnOnce() -> T, T>(state: *mut c_void) {
    // SAFETY: `call_out` passes its state, of the types it chose this function for, and waits.
    let state = unsafe { &mut *state.cast::<State<F, T>>() };
    // SAFETY: the call is there, and it is taken once.
    let call = unsafe { state.call.assume_init_read() };
    state.answer.write(call());
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn last_frame(function: Run, argument: *mut c_void) {
    unsafe extern "C-unwind" {
        /// Calls `function` from a frame whose caller can't be found.
        #[link_name = "ferrovirt_last_frame"]
        fn last_frame(function: Run, argument: *mut c_void);
    }
    // SAFETY: the code below keeps to the calling convention: it calls the function with the argument and returns.
    unsafe { last_frame(function, argument) }
}

/// Elsewhere a thread that ends inside a callback takes the process with it.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn last_frame(function: Run, argument: *mut c_void) {
    // SAFETY: `call_out` passes a function and the argument it takes.
    unsafe { function(argument) }
}

// An undefined return address is how unwinding tables mark the outermost frame.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .text.ferrovirt_last_frame, \"ax\", @progbits",
    ".p2align 4",
    ".hidden ferrovirt_last_frame",
    ".globl ferrovirt_last_frame",
    ".type ferrovirt_last_frame, @function",
    "ferrovirt_last_frame:",
    ".cfi_startproc",
    ".cfi_undefined rip",
    "push rbp",
    "mov rbp, rsp",
    "mov rax, rdi",
    "mov rdi, rsi",
    "call rax",
    "pop rbp",
    "ret",
    ".cfi_endproc",
    ".size ferrovirt_last_frame, . - ferrovirt_last_frame",
    ".popsection",
);

#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    ".pushsection .text.ferrovirt_last_frame, \"ax\", @progbits",
    ".p2align 2",
    ".hidden ferrovirt_last_frame",
    ".globl ferrovirt_last_frame",
    ".type ferrovirt_last_frame, @function",
    "ferrovirt_last_frame:",
    ".cfi_startproc",
    ".cfi_undefined x30",
    "stp x29, x30, [sp, #-16]!",
    "mov x29, sp",
    "mov x2, x0",
    "mov x0, x1",
    "blr x2",
    "ldp x29, x30, [sp], #16",
    "ret",
    ".cfi_endproc",
    ".size ferrovirt_last_frame, . - ferrovirt_last_frame",
    ".popsection",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_back() {
        let words = ["one".to_owned(), "two".to_owned()];
        assert_eq!(call_out(|| words.len()), 2);
        assert_eq!(call_out(|| call_out(|| 1) + 1), 2);
    }
}
