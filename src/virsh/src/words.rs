//! Cutting a line into words, with the quotes, escapes and comments that libvirt's shell knows.

use crate::failure::{Outcome, fail};

/// A piece of a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// `;`, or the end of a line.
    EndOfCommand,
    End,
}

/// Where words come from.
pub trait Tokens {
    fn token(&mut self) -> Outcome<Token>;
}

/// Words that somebody else has cut: `;` is nothing special in them.
impl<I: Iterator<Item = String>> Tokens for I {
    fn token(&mut self) -> Outcome<Token> {
        Ok(self.next().map_or(Token::End, Token::Word))
    }
}

/// A text with commands.
pub struct Line<'a> {
    rest: &'a [u8],
    /// Whether an open quote is a mistake, or something that is yet to be closed.
    finished: bool,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), finished: true }
    }

    /// A text that is still being typed.
    pub fn unfinished(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), finished: false }
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = match self.rest {
                [b' ' | b'\t', rest @ ..] | [b'\\', b'\n', rest @ ..] => rest,
                _ => return,
            };
        }
    }

    fn word(&mut self) -> Outcome<Token> {
        let mut word = Vec::new();
        let (mut single, mut double) = (false, false);
        loop {
            match self.rest {
                [] => break,
                [b' ' | b'\t' | b';' | b'\n', ..] if !single && !double => break,
                [b'\'', rest @ ..] if !double => {
                    single = !single;
                    self.rest = rest;
                }
                [b'\\'] if !single => {
                    if self.finished {
                        fail!("dangling \\")
                    }
                    self.rest = &[];
                }
                [b'\\', b'\n', rest @ ..] if !single => self.rest = rest,
                [b'\\', byte, rest @ ..] if !single => {
                    word.push(*byte);
                    self.rest = rest;
                }
                [b'"', rest @ ..] if !single => {
                    double = !double;
                    self.rest = rest;
                }
                [byte, rest @ ..] => {
                    word.push(*byte);
                    self.rest = rest;
                }
            }
        }
        if double && self.finished {
            fail!("missing \"")
        }
        Ok(Token::Word(String::from_utf8_lossy(&word).into_owned()))
    }
}

impl Line<'_> {
    fn next_token(&mut self) -> Outcome<Token> {
        self.skip_blanks();
        match self.rest {
            [] => Ok(Token::End),
            [b';' | b'\n', rest @ ..] => {
                self.rest = rest;
                Ok(Token::EndOfCommand)
            }
            [b'#', ..] => {
                let end = self.rest.iter().position(|byte| *byte == b'\n');
                self.rest = end.map_or(&[], |end| &self.rest[end + 1..]);
                Ok(Token::EndOfCommand)
            }
            _ => self.word(),
        }
    }
}

impl Tokens for Line<'_> {
    fn token(&mut self) -> Outcome<Token> {
        self.next_token()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let mut line = Line::new(line);
        let mut words = Vec::new();
        loop {
            match line.token().unwrap() {
                Token::Word(word) => words.push(word),
                Token::EndOfCommand => words.push(";".into()),
                Token::End => return words,
            }
        }
    }

    #[test]
    fn quotes_and_escapes_are_a_shells() {
        assert_eq!(words("a\\ \\\tb 'c \"d' \"e\\\"f\""), ["a \tb", "c \"d", "e\"f"]);
        assert_eq!(words("a;b # c ; d\ne"), ["a", ";", "b", ";", "e"]);
        assert_eq!(words("ec\\\nho a '#' \\#b"), ["echo", "a", "#", "#b"]);
        assert_eq!(words("a '' \"\""), ["a", "", ""]);
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        assert_eq!(Line::new("a\\").token().unwrap_err().lines, ["dangling \\"]);
        assert_eq!(Line::new("\"a").token().unwrap_err().lines, ["missing \""]);
        assert_eq!(Line::unfinished("\"a").token().unwrap(), Token::Word("a".into()));
    }
}
