//! Credentials: the application's callback as an [`Authenticator`], and the default one that asks on the terminal.

use super::call_out::call_out;
use super::returns::malloc_string;
use ferrovirt::driver::{Authenticator, Credential};
use ferrovirt::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_core::abi::*;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::io::{BufRead, Write};
use std::ptr;
use std::sync::Arc;

/// Whom a login asks; the application promises that callback and argument live while the connection opens.
struct ApplicationAuth {
    kinds: Vec<c_int>,
    function: unsafe extern "C" fn(virConnectCredentialPtr, c_uint, *mut c_void) -> c_int,
    data: *mut c_void,
}

// SAFETY: the argument is only handed back to the application's function, on the thread that opens the connection.
unsafe impl Send for ApplicationAuth {}
// SAFETY: as above.
unsafe impl Sync for ApplicationAuth {}

/// What `virConnectOpenAuth` was given; without a callback there is nobody to ask.
pub fn authenticator(auth: virConnectAuthPtr) -> Option<Arc<dyn Authenticator>> {
    // SAFETY: NULL, which is handled, or a structure that the API promises to stay for the call.
    let auth = unsafe { auth.as_ref() }?;
    let kinds = match auth.credtype.is_null() {
        true => Vec::new(),
        // SAFETY: not NULL, and the API promises `ncredtype` readable numbers.
        false => unsafe { std::slice::from_raw_parts(auth.credtype, auth.ncredtype as usize) }.to_vec(),
    };
    Some(Arc::new(ApplicationAuth { kinds, function: auth.cb?, data: auth.cbdata }))
}

impl Authenticator for ApplicationAuth {
    fn kinds(&self) -> &[i32] {
        &self.kinds
    }

    fn answer(&self, questions: &mut [Credential]) -> Result<()> {
        let texts: Vec<[Option<CString>; 3]> = questions.iter().map(question_texts).collect();
        let mut asked: Vec<_> =
            questions.iter().zip(&texts).map(|(question, texts)| c_question(question.kind, texts)).collect();
        let count = c_uint::try_from(asked.len()).expect("a login has few questions");
        // SAFETY: the application gave this function for this argument, and the questions stay for the call.
        let outcome = call_out(|| unsafe { (self.function)(asked.as_mut_ptr(), count, self.data) });
        for (question, answered) in questions.iter_mut().zip(&asked) {
            question.answer = take_answer(answered);
        }
        if outcome < 0 {
            let err = Error::new(ErrorCode::AuthFailed, "the questions of the login were not answered");
            return Err(err.domain(ErrorDomain::Auth));
        }
        Ok(())
    }
}

fn question_texts(question: &Credential) -> [Option<CString>; 3] {
    let text = |text: &str| CString::new(text.replace('\0', "")).ok();
    [
        text(&question.prompt),
        question.challenge.as_deref().and_then(text),
        question.default.as_deref().and_then(text),
    ]
}

fn c_question(kind: c_int, [prompt, challenge, default]: &[Option<CString>; 3]) -> virConnectCredential {
    let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    virConnectCredential {
        r#type: kind,
        prompt: pointer(prompt),
        challenge: pointer(challenge),
        defresult: pointer(default),
        result: ptr::null_mut(),
        resultlen: 0,
    }
}

/// Copies an answer and frees it, as the API has it.
fn take_answer(answered: &virConnectCredential) -> Option<Vec<u8>> {
    if answered.result.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the API promises `resultlen` bytes, allocated with malloc, that are ours to free.
    unsafe {
        let bytes = std::slice::from_raw_parts(answered.result.cast::<u8>(), answered.resultlen as usize);
        let copy = bytes.to_vec();
        libc::free(answered.result.cast());
        Some(copy)
    }
}

/// What the default callback can answer: not VIR_CRED_USERNAME, since that lets one act as somebody else.
static mut KINDS: [c_int; 6] = [
    VIR_CRED_AUTHNAME as c_int,
    VIR_CRED_ECHOPROMPT as c_int,
    VIR_CRED_REALM as c_int,
    VIR_CRED_PASSPHRASE as c_int,
    VIR_CRED_NOECHOPROMPT as c_int,
    VIR_CRED_EXTERNAL as c_int,
];

/// What `virConnectAuthPtrDefault` points to: answers are asked for on the terminal.
pub static mut DEFAULT: virConnectAuth = virConnectAuth {
    credtype: (&raw mut KINDS).cast(),
    ncredtype: 6,
    cb: Some(ask_on_terminal),
    cbdata: ptr::null_mut(),
};

unsafe extern "C" fn ask_on_terminal(
    questions: virConnectCredentialPtr,
    count: c_uint,
    _: *mut c_void,
) -> c_int {
    let answer_all = || {
        for index in 0..count as usize {
            // SAFETY: the API promises `count` questions to the callback.
            answer(unsafe { &mut *questions.add(index) })?;
        }
        Some(())
    };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(answer_all)) {
        Ok(Some(())) => 0,
        _ => -1,
    }
}

fn answer(question: &mut virConnectCredential) -> Option<()> {
    let kind = u32::try_from(question.r#type).ok()?;
    let given = match kind {
        // Done outside or not at all: there is nothing to type.
        VIR_CRED_EXTERNAL => return (text_of(question.challenge)? == "PolicyKit").then_some(()),
        VIR_CRED_USERNAME | VIR_CRED_AUTHNAME | VIR_CRED_ECHOPROMPT | VIR_CRED_REALM => {
            prompt(question)?;
            read_line()?
        }
        VIR_CRED_PASSPHRASE | VIR_CRED_NOECHOPROMPT => {
            prompt(question)?;
            let hidden = Hidden::new();
            let line = read_line()?;
            if hidden.0.is_some() {
                // The user's own end of line was hidden too.
                println!();
            }
            line
        }
        _ => return None,
    };
    let result = if given.is_empty() { text_of(question.defresult).unwrap_or_default() } else { given };
    question.result = malloc_string(&result);
    question.resultlen = c_uint::try_from(result.len()).ok()?;
    Some(())
}

fn prompt(question: &virConnectCredential) -> Option<()> {
    let mut out = std::io::stdout();
    write!(out, "{}: ", text_of(question.prompt).unwrap_or_default()).ok()?;
    out.flush().ok()
}

/// A line without its end; nothing at the end of the input.
fn read_line() -> Option<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok()?;
    Some(line.trim_end_matches('\n').to_owned())
}

fn text_of(text: *const c_char) -> Option<String> {
    // SAFETY: NULL (excluded first) or NUL-terminated, as the API promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// Hides what is typed until dropped; nothing to do where the input is no terminal.
struct Hidden(Option<libc::termios>);

impl Hidden {
    fn new() -> Self {
        let mut settings = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: there is room for the settings; the call fills it or fails.
        if unsafe { libc::tcgetattr(libc::STDIN_FILENO, settings.as_mut_ptr()) } != 0 {
            return Self(None);
        }
        // SAFETY: filled, since the call succeeded.
        let before = unsafe { settings.assume_init() };
        let mut hidden = before;
        hidden.c_lflag &= !libc::ECHO;
        // SAFETY: valid settings of the same terminal.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSAFLUSH, &hidden) };
        Self(Some(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // SAFETY: the settings that the terminal had before.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSAFLUSH, before) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn double(
        questions: virConnectCredentialPtr,
        count: c_uint,
        factor: *mut c_void,
    ) -> c_int {
        for index in 0..count as usize {
            // SAFETY: the test passes its questions, and a number as the argument.
            unsafe {
                let question = &mut *questions.add(index);
                let text = text_of(question.prompt).unwrap().repeat(*factor.cast::<usize>());
                question.result = malloc_string(&text);
                question.resultlen = text.len() as c_uint;
            }
        }
        if count > 1 { -1 } else { 0 }
    }

    #[test]
    fn an_application_answers_what_it_is_asked() {
        let mut factor = 2usize;
        let mut kinds = [VIR_CRED_AUTHNAME as c_int];
        let mut auth = virConnectAuth {
            credtype: kinds.as_mut_ptr(),
            ncredtype: 1,
            cb: Some(double),
            cbdata: (&raw mut factor).cast(),
        };
        let asked = authenticator(&mut auth).unwrap();
        assert_eq!(asked.kinds(), [2]);
        let question = Credential { kind: 2, prompt: "ab".into(), ..Credential::default() };
        let mut one = [question.clone()];
        asked.answer(&mut one).unwrap();
        assert_eq!(one[0].answer.as_deref(), Some(&b"abab"[..]));
        let refused = asked.answer(&mut [question.clone(), question]).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::AuthFailed);
        assert!(authenticator(ptr::null_mut()).is_none());
    }
}
