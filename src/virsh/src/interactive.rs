//! The interactive shell: a line editor at a terminal, plain lines from anything else.

use crate::complete::propose;
use crate::failure::Outcome;
use crate::output::{Output, extra, flush, say};
use crate::parser::parse_line;
use crate::shell::Shell;
use parking_lot::Mutex;
use reedline::{
    ColumnarMenu, Completer, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal, Span, Suggestion,
    default_emacs_keybindings,
};
use std::borrow::Cow;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;

/// Reads and runs lines until somebody quits.
pub fn run(shell: Shell, program: &str) -> Outcome {
    let mut shell = shell;
    extra!(shell, "Welcome to {program}, the virtualization interactive terminal.\n\n");
    extra!(shell, "Type:  'help' for help with commands\n       'quit' to quit\n\n");
    if rustix::termios::isatty(std::io::stdin()) { at_terminal(shell) } else { from_input(shell) }
}

fn prompt(shell: &Shell) -> &'static str {
    if shell.read_only { "virsh > " } else { "virsh # " }
}

/// Whether another line is wanted.
fn run_line(shell: &mut Shell, line: &str) -> bool {
    if line.is_empty() {
        return true;
    }
    match parse_line(line, &shell.debug) {
        Ok(commands) => {
            shell.run(commands);
        }
        Err(failure) => shell.report(&failure),
    }
    shell.interactive
}

/// Lines are echoed behind the prompt, as a line editor does that has no terminal.
fn from_input(mut shell: Shell) -> Outcome {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        say!(shell, "{}{line}\n", prompt(&shell));
        flush();
        if !run_line(&mut shell, &line) {
            return Ok(());
        }
    }
    say!(shell, "{}\n", prompt(&shell));
    Ok(())
}

fn at_terminal(shell: Shell) -> Outcome {
    let shell = Arc::new(Mutex::new(shell));
    let mut editor = editor(shell.clone());
    loop {
        let face = ShellPrompt(prompt(&shell.lock()));
        match editor.read_line(&face) {
            Ok(Signal::Success(line)) => {
                if !run_line(&mut shell.lock(), line.trim_end()) {
                    return Ok(());
                }
            }
            Ok(Signal::CtrlC) => {}
            Ok(_) => return Ok(()),
            Err(err) => {
                Output::default().error(&format!("cannot read from the terminal: {err}"));
                return Ok(());
            }
        }
    }
}

fn editor(shell: Arc<Mutex<Shell>>) -> Reedline {
    let mut keys = default_emacs_keybindings();
    let tab = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.into()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, tab);
    let menu = Box::new(ColumnarMenu::default().with_name(MENU));
    let editor = Reedline::create()
        .with_completer(Box::new(ShellCompleter(shell)))
        .with_menu(ReedlineMenu::EngineCompleter(menu))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_edit_mode(Box::new(Emacs::new(keys)));
    match history() {
        Some(history) => editor.with_history(Box::new(history)),
        None => editor,
    }
}

const MENU: &str = "completions";

/// What was typed in earlier runs; a history that can't be had is no reason to stop.
fn history() -> Option<FileBackedHistory> {
    const MOST: usize = 500_000;
    let size = match std::env::var("VIRSH_HISTSIZE").ok().map(|text| text.parse::<usize>()) {
        None => 500,
        Some(Ok(size)) if size <= MOST => size,
        Some(Ok(_)) => {
            Output::default().error(&format!("$VIRSH_HISTSIZE value should be between 0 and {MOST}"));
            return None;
        }
        Some(Err(_)) => {
            Output::default().error("Bad $VIRSH_HISTSIZE value.");
            return None;
        }
    };
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    let folder = cache.join("libvirt/virsh");
    std::fs::create_dir_all(&folder).ok()?;
    FileBackedHistory::with_file(size, folder.join("history")).ok()
}

struct ShellCompleter(Arc<Mutex<Shell>>);

impl Completer for ShellCompleter {
    fn complete(&mut self, line: &str, position: usize) -> Vec<Suggestion> {
        let typed = &line[..position];
        let start = typed.rfind([' ', ';']).map_or(0, |at| at + 1);
        let shell = &mut self.0.lock();
        let suggestion = |value: String| Suggestion {
            append_whitespace: !value.ends_with('/'),
            value,
            span: Span::new(start, position),
            ..Suggestion::default()
        };
        propose(shell, typed, &typed[start..]).into_iter().map(suggestion).collect()
    }
}

struct ShellPrompt(&'static str);

impl Prompt for ShellPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        self.0.into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "> ".into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("(history: {}) ", search.term).into()
    }
}
