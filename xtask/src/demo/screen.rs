//! The demo's words, with colours where they are shown on a terminal.

use std::io::IsTerminal;

pub struct Screen {
    colours: bool,
}

impl Screen {
    pub fn new() -> Self {
        Self { colours: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    pub fn title(&self, text: &str) {
        println!("\n{}", self.paint("1;36", &format!("== {text}")));
    }

    pub fn line(&self, text: &str) {
        println!("   {text}");
    }

    pub fn good(&self, text: &str) {
        println!(" {} {text}", self.paint("1;32", "✓"));
    }

    pub fn note(&self, text: &str) {
        println!("\n{}", self.paint("2", text));
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
