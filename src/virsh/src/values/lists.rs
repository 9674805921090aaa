//! Lists in one word: parts behind commas, where two commas are one comma of a part.

/// The parts of `a,b,,c`: `a` and `b,c`.
pub fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != ',' {
            parts.last_mut().expect("there is always a part").push(letter);
        } else if letters.next_if_eq(&',').is_some() {
            parts.last_mut().expect("there is always a part").push(',');
        } else {
            parts.push(String::new());
        }
    }
    parts
}

/// `name=value`, cut at the first `=`.
pub fn assignment(text: &str) -> Option<(&str, &str)> {
    text.split_once('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_commas_are_one_comma_of_a_part() {
        assert_eq!(split("a,b,,c,,,d"), ["a", "b,c,", "d"]);
        assert_eq!(split("a"), ["a"]);
        assert_eq!(split(",a"), ["", "a"]);
    }
}
