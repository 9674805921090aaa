//! Cyrus SASL's C interface: the library loaded at run time, and one exchange over it.
//!
//! All that is `unsafe` about it stands here. What the library gives out is copied before the next call to it.

use libloading::Library;
use parking_lot::Mutex;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulong, c_void};
use std::ptr::{self, null, null_mut};
use std::sync::OnceLock;

pub const OK: c_int = 0;
pub const CONTINUE: c_int = 1;
pub const INTERACT: c_int = 2;

/// Names under which the library is installed; the number is that of its binary interface.
const NAMES: [&str; 2] = ["libsasl2.so.2", "libsasl2.so.3"];

/// Values of a connection.
mod property {
    use std::ffi::c_int;
    pub const USERNAME: c_int = 0;
    pub const SSF: c_int = 1;
    pub const MAX_OUTPUT: c_int = 2;
    pub const EXTERNAL_SSF: c_int = 100;
    pub const SECURITY: c_int = 101;
}

/// The mechanism's last data may come with the news that it is done.
const SUCCESS_DATA: c_uint = 4;

#[repr(C)]
struct Callback {
    id: Id,
    function: *const c_void,
    context: *const c_void,
}

#[repr(C)]
struct Interact {
    id: Id,
    challenge: *const c_char,
    prompt: *const c_char,
    default: *const c_char,
    result: *const c_void,
    length: c_uint,
}

#[repr(C)]
struct SecurityProperties {
    min_ssf: c_uint,
    max_ssf: c_uint,
    max_buffer: c_uint,
    flags: c_uint,
    names: *const *const c_char,
    values: *const *const c_char,
}

/// What tells kinds of question apart.
pub type Id = c_ulong;

/// A connection of the library's.
type Conn = *mut c_void;
type Texts = *const c_char;

/// Declares the functions of the library that are used, and looks them up.
macro_rules! functions {
    ($($name:ident = $symbol:literal: fn($($argument:ty),*) -> $result:ty;)*) => {
        struct Functions {
            $($name: unsafe extern "C" fn($($argument),*) -> $result,)*
        }

        impl Functions {
            fn find(library: &Library) -> Result<Self, libloading::Error> {
                // SAFETY: the types are those of <sasl/sasl.h>, which has been the same for all of libsasl2. The
                // library is never unloaded, so that what is found in it stays.
                unsafe { Ok(Self { $($name: *library.get($symbol)?,)* }) }
            }
        }
    };
}

functions! {
    client_init = b"sasl_client_init\0": fn(*const Callback) -> c_int;
    client_new = b"sasl_client_new\0":
        fn(Texts, Texts, Texts, Texts, *const Callback, c_uint, *mut Conn) -> c_int;
    client_start = b"sasl_client_start\0":
        fn(Conn, Texts, *mut *mut Interact, *mut Texts, *mut c_uint, *mut Texts) -> c_int;
    client_step = b"sasl_client_step\0":
        fn(Conn, Texts, c_uint, *mut *mut Interact, *mut Texts, *mut c_uint) -> c_int;
    server_init = b"sasl_server_init\0": fn(*const Callback, Texts) -> c_int;
    server_new = b"sasl_server_new\0":
        fn(Texts, Texts, Texts, Texts, Texts, *const Callback, c_uint, *mut Conn) -> c_int;
    list_mechanisms = b"sasl_listmech\0":
        fn(Conn, Texts, Texts, Texts, Texts, *mut Texts, *mut c_uint, *mut c_int) -> c_int;
    server_start = b"sasl_server_start\0": fn(Conn, Texts, Texts, c_uint, *mut Texts, *mut c_uint) -> c_int;
    server_step = b"sasl_server_step\0": fn(Conn, Texts, c_uint, *mut Texts, *mut c_uint) -> c_int;
    get_property = b"sasl_getprop\0": fn(Conn, c_int, *mut *const c_void) -> c_int;
    set_property = b"sasl_setprop\0": fn(Conn, c_int, *const c_void) -> c_int;
    encode = b"sasl_encode\0": fn(Conn, Texts, c_uint, *mut Texts, *mut c_uint) -> c_int;
    decode = b"sasl_decode\0": fn(Conn, Texts, c_uint, *mut Texts, *mut c_uint) -> c_int;
    dispose = b"sasl_dispose\0": fn(*mut Conn) -> ();
    error_text = b"sasl_errstring\0": fn(c_int, Texts, *mut Texts) -> Texts;
    error_detail = b"sasl_errdetail\0": fn(Conn) -> Texts;
}

/// Which half of the library is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    Client,
    Server,
}

/// What went wrong, in the library's number and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub number: i32,
    pub words: String,
}

/// The library, once it is loaded; why it is not, otherwise.
static LIBRARY: OnceLock<Result<Functions, String>> = OnceLock::new();
/// Which halves have been set up. Held while connections are made and ended, as the library's own lists have no lock.
static HALVES: Mutex<[bool; 2]> = Mutex::new([false; 2]);

fn load() -> Result<&'static Functions, Failure> {
    let library = LIBRARY.get_or_init(|| {
        let mut why = String::new();
        for name in NAMES {
            // SAFETY: loading runs the library's initializers, which for Cyrus SASL touch nothing of ours.
            match unsafe { Library::new(name) } {
                Ok(library) => {
                    let found = Functions::find(&library).map_err(|err| err.to_string());
                    // It stays: its mechanisms keep pointers into it.
                    std::mem::forget(library);
                    return found;
                }
                Err(err) => why = err.to_string(),
            }
        }
        Err(why)
    });
    library.as_ref().map_err(|why| Failure { number: 0, words: format!("Cyrus SASL can't be loaded: {why}") })
}

fn set_up(functions: &Functions, half: Half, done: &mut [bool; 2]) -> Result<(), Failure> {
    if std::mem::replace(&mut done[half as usize], true) {
        return Ok(());
    }
    // SAFETY: no callbacks are passed, and the name is a C string that lives for ever.
    let number = unsafe {
        match half {
            Half::Client => (functions.client_init)(null()),
            Half::Server => (functions.server_init)(null(), c"libvirt".as_ptr()),
        }
    };
    if number != OK {
        done[half as usize] = false;
        return Err(functions.failure(number));
    }
    Ok(())
}

impl Functions {
    fn failure(&self, number: c_int) -> Failure {
        // SAFETY: the answer is a text of the library's that lives for ever; its language is not asked for.
        let words = unsafe { text((self.error_text)(number, null(), null_mut())) };
        Failure { number, words: words.unwrap_or_default() }
    }
}

/// A copy of a text, if there is one.
///
/// # Safety
/// `pointer` is NULL or the address of a C string.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the caller says that it is a C string.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// A copy of `length` bytes, if there are any to speak of: no data and empty data are not the same.
///
/// # Safety
/// `pointer` is NULL or the address of as many bytes.
unsafe fn bytes(pointer: *const c_char, length: c_uint) -> Option<Vec<u8>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the caller says that there are as many bytes.
    Some(unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length as usize) }.to_vec())
}

/// A question of a mechanism.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub id: Id,
    pub challenge: Option<String>,
    pub prompt: String,
    pub default: Option<String>,
}

/// What a call of an exchange gave: the library's word, and the data for the other side.
pub type Outcome = (c_int, Option<Vec<u8>>);

/// What a connection is made of.
pub struct Names<'a> {
    pub service: &'a CStr,
    /// The server's name, for the client's half.
    pub host: Option<&'a CStr>,
    /// Addresses as `IP;port`.
    pub local: Option<&'a CStr>,
    pub remote: Option<&'a CStr>,
}

/// One side of an exchange.
pub struct Connection {
    functions: &'static Functions,
    conn: Conn,
    /// The kinds of question that the caller answers; the library keeps their address.
    _callbacks: Box<[Callback]>,
    /// The questions that were asked last, as the library keeps them.
    questions: *mut Interact,
    /// Their answers, which must live until the next call.
    answers: Vec<CString>,
}

// SAFETY: the library ties a connection to no thread; it only wants one call at a time, which `&mut` ensures.
unsafe impl Send for Connection {}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

impl Connection {
    /// The client's half; `kinds` are the questions that can be answered.
    pub fn client(names: &Names<'_>, kinds: &[Id]) -> Result<Self, Failure> {
        let functions = load()?;
        let mut halves = HALVES.lock();
        set_up(functions, Half::Client, &mut halves)?;
        let end = Callback { id: 0, function: null(), context: null() };
        let kinds = kinds.iter().map(|id| Callback { id: *id, function: null(), context: null() });
        let callbacks: Box<[Callback]> = kinds.chain([end]).collect();
        let mut conn = null_mut();
        // SAFETY: all texts are C strings for the length of the call, which copies them. The callbacks have no
        // functions, so that questions come back from the calls below; their list is kept with the connection.
        let number = unsafe {
            (functions.client_new)(
                names.service.as_ptr(),
                pointer(names.host),
                pointer(names.local),
                pointer(names.remote),
                callbacks.as_ptr(),
                SUCCESS_DATA,
                &mut conn,
            )
        };
        Self::made(functions, number, conn, callbacks)
    }

    /// The server's half.
    pub fn server(names: &Names<'_>) -> Result<Self, Failure> {
        let functions = load()?;
        let mut halves = HALVES.lock();
        set_up(functions, Half::Server, &mut halves)?;
        let mut conn = null_mut();
        // SAFETY: as above, without callbacks; the realm is left to the library.
        let number = unsafe {
            (functions.server_new)(
                names.service.as_ptr(),
                pointer(names.host),
                null(),
                pointer(names.local),
                pointer(names.remote),
                null(),
                SUCCESS_DATA,
                &mut conn,
            )
        };
        Self::made(functions, number, conn, Box::new([]))
    }

    fn made(
        functions: &'static Functions,
        number: c_int,
        conn: Conn,
        callbacks: Box<[Callback]>,
    ) -> Result<Self, Failure> {
        if number != OK {
            return Err(functions.failure(number));
        }
        Ok(Self { functions, conn, _callbacks: callbacks, questions: null_mut(), answers: Vec::new() })
    }

    /// Why the last call failed, in the connection's own words.
    pub fn failure(&self, number: c_int) -> Failure {
        // SAFETY: the connection is alive, and the text is copied at once.
        let detail = unsafe { text((self.functions.error_detail)(self.conn)) };
        match detail.filter(|detail| !detail.is_empty()) {
            Some(words) => Failure { number, words },
            None => self.functions.failure(number),
        }
    }

    pub fn set_external_ssf(&mut self, ssf: u32) -> Result<(), Failure> {
        self.set(property::EXTERNAL_SSF, (&raw const ssf).cast())
    }

    /// How strong the layer that is agreed on must be; `flags` forbid weak mechanisms.
    pub fn set_security(&mut self, ssf: (u32, u32), max_buffer: u32, flags: u32) -> Result<(), Failure> {
        let properties = SecurityProperties {
            min_ssf: ssf.0,
            max_ssf: ssf.1,
            max_buffer,
            flags,
            names: null(),
            values: null(),
        };
        self.set(property::SECURITY, (&raw const properties).cast())
    }

    /// The value is of the type that the property has, and is copied.
    fn set(&mut self, property: c_int, value: *const c_void) -> Result<(), Failure> {
        // SAFETY: both callers above pass the address of a value of the property's type that outlives the call.
        let number = unsafe { (self.functions.set_property)(self.conn, property, value) };
        if number == OK { Ok(()) } else { Err(self.failure(number)) }
    }

    fn get(&self, property: c_int) -> Result<*const c_void, Failure> {
        let mut value = null();
        // SAFETY: the connection is alive; an address of the library's is put into `value`.
        let number = unsafe { (self.functions.get_property)(self.conn, property, &mut value) };
        if number == OK { Ok(value) } else { Err(self.failure(number)) }
    }

    fn get_number(&self, property: c_int) -> Result<u32, Failure> {
        let value = self.get(property)?.cast::<c_uint>();
        // SAFETY: the numbers that are asked for below are unsigned ints, and stay until the next call.
        Ok(if value.is_null() { 0 } else { unsafe { *value } })
    }

    /// How strong the layer is, in bits of a key.
    pub fn ssf(&self) -> Result<u32, Failure> {
        self.get_number(property::SSF)
    }

    /// The most bytes that may be encoded at once.
    pub fn max_output(&self) -> Result<u32, Failure> {
        self.get_number(property::MAX_OUTPUT)
    }

    pub fn username(&self) -> Result<Option<String>, Failure> {
        let value = self.get(property::USERNAME)?;
        // SAFETY: this property is a C string.
        Ok(unsafe { text(value.cast()) })
    }

    /// The mechanisms that a server has, with commas between them.
    pub fn mechanisms(&mut self) -> Result<String, Failure> {
        let mut list = null();
        // SAFETY: the texts are C strings that live for ever; the list is copied at once; counts are not asked for.
        unsafe {
            let (start, comma, end) = (c"".as_ptr(), c",".as_ptr(), c"".as_ptr());
            let number = (self.functions.list_mechanisms)(
                self.conn,
                null(),
                start,
                comma,
                end,
                &mut list,
                null_mut(),
                null_mut(),
            );
            if number == OK { Ok(text(list).unwrap_or_default()) } else { Err(self.failure(number)) }
        }
    }

    /// Begins a client's exchange by the best of the mechanisms; its name comes back, too, but not again after
    /// questions.
    pub fn client_start(&mut self, mechanisms: &CStr) -> (Outcome, Option<String>) {
        let (mut out, mut length, mut mechanism) = (null(), 0, null());
        // SAFETY: the questions are those of the last call or none, with answers that are still there. What comes
        // back belongs to the library and is copied at once.
        unsafe {
            let number = (self.functions.client_start)(
                self.conn,
                mechanisms.as_ptr(),
                &mut self.questions,
                &mut out,
                &mut length,
                &mut mechanism,
            );
            let data = if number == OK || number == CONTINUE { bytes(out, length) } else { None };
            ((number, data), text(mechanism))
        }
    }

    pub fn client_step(&mut self, data: Option<&[u8]>) -> Outcome {
        let (mut out, mut length) = (null(), 0);
        let (input, input_length) = parts(data);
        // SAFETY: as for the start; the input outlives the call.
        unsafe {
            let number = (self.functions.client_step)(
                self.conn,
                input,
                input_length,
                &mut self.questions,
                &mut out,
                &mut length,
            );
            (number, if number == OK || number == CONTINUE { bytes(out, length) } else { None })
        }
    }

    /// The questions that the last call came back with, those that have been answered left out.
    pub fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        self.each_open(|question| {
            // SAFETY: the texts of a question are C strings or NULL, and live until the next call.
            unsafe {
                questions.push(Question {
                    id: question.id,
                    challenge: text(question.challenge),
                    prompt: text(question.prompt).unwrap_or_default(),
                    default: text(question.default),
                });
            }
        });
        questions
    }

    /// Answers the open questions in their order. An answer ends at its first NUL, as C's do.
    pub fn answer(&mut self, answers: Vec<Option<Vec<u8>>>) {
        let kept = answers.into_iter().map(|answer| {
            let answer = answer?;
            let end = answer.iter().position(|byte| *byte == 0).unwrap_or(answer.len());
            CString::new(&answer[..end]).ok()
        });
        let kept: Vec<_> = kept.collect();
        let mut left = kept.iter();
        self.each_open(|question| {
            if let Some(Some(answer)) = left.next() {
                question.result = answer.as_ptr().cast();
                question.length = answer.count_bytes() as c_uint;
            }
        });
        // Moving a CString does not move what it points to.
        self.answers.extend(kept.into_iter().flatten());
    }

    fn each_open(&self, mut work: impl FnMut(&mut Interact)) {
        let mut at = self.questions;
        if at.is_null() {
            return;
        }
        // SAFETY: the library's list ends with an id of 0, stays until the next call, and is ours to fill in; nobody
        // else refers to it meanwhile, as calls need `&mut self`.
        unsafe {
            while (*at).id != 0 {
                if (*at).result.is_null() {
                    work(&mut *at);
                }
                at = at.add(1);
            }
        }
    }

    pub fn server_start(&mut self, mechanism: &CStr, data: Option<&[u8]>) -> Outcome {
        let (mut out, mut length) = (null(), 0);
        let (input, input_length) = parts(data);
        // SAFETY: the inputs outlive the call; the output belongs to the library and is copied at once.
        unsafe {
            let number = (self.functions.server_start)(
                self.conn,
                mechanism.as_ptr(),
                input,
                input_length,
                &mut out,
                &mut length,
            );
            (number, if number == OK || number == CONTINUE { bytes(out, length) } else { None })
        }
    }

    pub fn server_step(&mut self, data: Option<&[u8]>) -> Outcome {
        let (mut out, mut length) = (null(), 0);
        let (input, input_length) = parts(data);
        // SAFETY: as for the start.
        unsafe {
            let number = (self.functions.server_step)(self.conn, input, input_length, &mut out, &mut length);
            (number, if number == OK || number == CONTINUE { bytes(out, length) } else { None })
        }
    }

    pub fn encode(&mut self, plain: &[u8]) -> Result<Vec<u8>, Failure> {
        let encode = self.functions.encode;
        self.convert(encode, plain)
    }

    pub fn decode(&mut self, coded: &[u8]) -> Result<Vec<u8>, Failure> {
        let decode = self.functions.decode;
        self.convert(decode, coded)
    }

    fn convert(
        &mut self,
        function: unsafe extern "C" fn(Conn, Texts, c_uint, *mut Texts, *mut c_uint) -> c_int,
        input: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let (mut out, mut length) = (null(), 0);
        // SAFETY: the input outlives the call; the output belongs to the library and is copied at once.
        unsafe {
            let number =
                function(self.conn, input.as_ptr().cast(), input.len() as c_uint, &mut out, &mut length);
            if number != OK {
                return Err(self.failure(number));
            }
            Ok(bytes(out, length).unwrap_or_default())
        }
    }
}

fn parts(data: Option<&[u8]>) -> (*const c_char, c_uint) {
    data.map_or((null(), 0), |data| (data.as_ptr().cast(), data.len() as c_uint))
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _one = HALVES.lock();
        // SAFETY: it was made by the library and is ended once; nothing of it is kept.
        unsafe { (self.functions.dispose)(&mut self.conn) };
    }
}
