//! From words to commands: what a line, or the arguments of the program, say is to be done.

use crate::args::{Args, Value};
use crate::command::{Command, Kind, Place};
use crate::failure::{Failure, Outcome, fail};
use crate::words::{Line, Token, Tokens};
use crate::{commands, program::Debug};

/// All commands of a line, or the first mistake in it; nothing is run if there is one.
pub fn parse_line(line: &str, debug: &Debug) -> Outcome<Vec<Args>> {
    Parser::new(debug, true).all(&mut Line::new(line))
}

/// The one command that the program's own arguments are.
pub fn parse_words(words: &[String], debug: &Debug) -> Outcome<Vec<Args>> {
    Parser::new(debug, true).all(&mut words.iter().cloned())
}

/// As much as can be understood of a line that is still being typed: its last command.
pub fn parse_partial(line: &str) -> Option<Args> {
    let silent = Debug::default();
    let mut parser = Parser::new(&silent, false);
    let whole = parser.all(&mut Line::unfinished(line));
    let unfinished = parser.command.take();
    unfinished.or_else(|| whole.ok().and_then(|mut all| all.pop())).or_else(|| parser.done.pop())
}

struct Parser<'a> {
    debug: &'a Debug,
    /// Whether the line is complete, so that it has to be right.
    strict: bool,
    done: Vec<Args>,
    command: Option<Args>,
    /// The option that waits for its value.
    open: Option<usize>,
    wants_help: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Start,
    Comment,
    Options,
    /// Behind `--`.
    Positional,
}

impl<'a> Parser<'a> {
    fn new(debug: &'a Debug, strict: bool) -> Self {
        let (done, command, open) = Default::default();
        Self { debug, strict, done, command, open, wants_help: false, state: State::Start }
    }

    fn all(&mut self, tokens: &mut dyn Tokens) -> Outcome<Vec<Args>> {
        loop {
            match tokens.token()? {
                Token::Word(word) => self.word(word)?,
                Token::EndOfCommand => self.end_command()?,
                Token::End => {
                    self.end_command()?;
                    return Ok(std::mem::take(&mut self.done));
                }
            }
        }
    }

    fn word(&mut self, word: String) -> Outcome {
        if let Some(at) = self.open.take() {
            self.assign(at, Some(word));
            return Ok(());
        }
        match self.state {
            State::Comment => Ok(()),
            State::Start if word.starts_with('#') => {
                self.state = State::Comment;
                Ok(())
            }
            State::Start => {
                let Some(command) = commands::find(&word) else { fail!("unknown command: '{word}'") };
                self.command = Some(Args::new(command));
                self.state = State::Options;
                Ok(())
            }
            State::Options if word == "--" => {
                self.state = State::Positional;
                Ok(())
            }
            State::Options if word.starts_with("--") => self.option(&word[2..]),
            State::Options | State::Positional => self.positional(word),
        }
    }

    fn args(&mut self) -> &mut Args {
        self.command.as_mut().expect("options stand behind a command")
    }

    fn option(&mut self, word: &str) -> Outcome {
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if name == "help" {
            self.wants_help = true;
            return Ok(());
        }
        let command = self.args().command;
        let Some(at) = self.find(command, name, &mut value)? else { return Ok(()) };
        match (command.options[at].kind, value) {
            (Kind::Flag, Some(_)) => fail!("invalid '=' after option --{}", command.options[at].name),
            (Kind::Flag, None) => self.assign(at, None),
            (_, Some(value)) => self.assign(at, Some(value)),
            (_, None) => self.open = Some(at),
        }
        Ok(())
    }

    /// The option of this name. `help` does not mind strange ones.
    fn find(&mut self, command: &Command, name: &str, value: &mut Option<String>) -> Outcome<Option<usize>> {
        let mut name = name;
        for (at, option) in command.options.iter().enumerate() {
            if option.name != name {
                continue;
            }
            if let Kind::Alias(target) = option.kind {
                name = target;
                if let Some((real, preset)) = target.split_once('=') {
                    if value.is_some() {
                        fail!("invalid '=' after option --{}", option.name)
                    }
                    *value = Some(preset.to_owned());
                    name = real;
                }
                continue;
            }
            if !self.args().is_open(at) {
                fail!("option --{name} already seen")
            }
            return Ok(Some(at));
        }
        if command.name == "help" {
            return Ok(None);
        }
        fail!("command '{}' doesn't support option --{name}", command.name)
    }

    fn positional(&mut self, word: String) -> Outcome {
        let args = self.args();
        let is_free = |at: &usize| args.command.options[*at].place != Place::Named && args.is_open(*at);
        match (0..args.command.options.len()).find(is_free) {
            Some(at) => self.assign(at, Some(word)),
            None if args.command.name == "help" => {}
            None => fail!("unexpected data '{word}'"),
        }
        Ok(())
    }

    fn assign(&mut self, at: usize, word: Option<String>) {
        let debug = self.debug;
        let args = self.args();
        args.last = Some(at);
        let (command, option) = (args.command.name, &args.command.options[at]);
        let shown = word.as_deref().unwrap_or("(null)");
        match (&mut args.values[at], option.kind) {
            (value, Kind::Flag) => {
                debug.info(|| format!("{command}: {}(bool)", option.name));
                *value = Value::Set;
            }
            (Value::List(words), _) => {
                debug.info(|| format!("{command}: {}(argv: {}): {shown}", option.name, words.len()));
                words.extend(word);
            }
            (value, Kind::List) => {
                debug.info(|| format!("{command}: {}(argv: 0): {shown}", option.name));
                *value = Value::List(word.into_iter().collect());
            }
            (value, _) => {
                debug.info(|| format!("{command}: {}(optdata): {shown}", option.name));
                *value = Value::Text(word.unwrap_or_default());
            }
        }
    }

    fn end_command(&mut self) -> Outcome {
        self.state = State::Start;
        if let Some(at) = self.open.take() {
            if !self.strict {
                // What is being typed there is still empty.
                self.assign(at, Some(" ".to_owned()));
                return self.end_command();
            }
            let option = &self.args().command.options[at];
            let what = if option.kind == Kind::Number { "number" } else { "string" };
            fail!("expected syntax: --{} <{what}>", option.name)
        }
        let Some(mut args) = self.command.take() else { return Ok(()) };
        if std::mem::take(&mut self.wants_help) {
            args = help_on(args.command);
        }
        if self.strict {
            check_required(&args)?;
        }
        self.done.push(args);
        Ok(())
    }
}

/// `help COMMAND`, which is what `COMMAND --help` means.
fn help_on(command: &'static Command) -> Args {
    let mut args = Args::new(commands::find("help").expect("help is a command"));
    args.values[0] = Value::Text(command.name.to_owned());
    args
}

fn check_required(args: &Args) -> Result<(), Failure> {
    for (option, value) in args.command.options.iter().zip(&args.values) {
        if !option.required || !matches!(value, Value::Absent) {
            continue;
        }
        if option.place == Place::Positional {
            fail!("command '{}' requires <{}> option", args.command.name, option.name)
        }
        fail!("command '{}' requires --{} option", args.command.name, option.name)
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Vec<Args>, String> {
        parse_line(line, &Debug::default()).map_err(|failure| failure.lines.join("\n"))
    }

    #[test]
    fn options_come_by_name_or_place() {
        let all = parse("echo --shell a 'b c' --prefix=x; # nothing\npwd").unwrap();
        assert_eq!(all.len(), 2);
        assert!(all[0].flag("shell"));
        assert_eq!(all[0].list("string"), ["a", "b c"]);
        assert_eq!(all[0].raw("prefix"), Some("x"));
    }

    #[test]
    fn aliases_may_carry_a_value() {
        assert_eq!(parse("echo --hi").unwrap()[0].list("string"), ["hello"]);
        assert_eq!(parse("echo --hi=x").err().unwrap(), "invalid '=' after option --hi");
    }

    #[test]
    fn mistakes_are_named() {
        let mistakes = [
            ("frobnicate", "unknown command: 'frobnicate'"),
            ("echo --nothing", "command 'echo' doesn't support option --nothing"),
            ("echo --shell --shell", "option --shell already seen"),
            ("echo --shell=1", "invalid '=' after option --shell"),
            ("echo --prefix", "expected syntax: --prefix <string>"),
            ("pwd x", "unexpected data 'x'"),
            ("dominfo", "command 'dominfo' requires <domain> option"),
        ];
        for (line, message) in mistakes {
            assert_eq!(parse(line).err().as_deref(), Some(message), "{line}");
        }
    }

    #[test]
    fn asking_a_command_for_help_asks_help_for_the_command() {
        let all = parse("dominfo --help").unwrap();
        assert_eq!((all[0].command.name, all[0].raw("command")), ("help", Some("dominfo")));
    }
}
