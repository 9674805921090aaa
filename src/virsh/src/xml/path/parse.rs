//! From an XPath's text to what it says. Where the text stops making sense is told by its place.

pub enum Expr {
    Number(f64),
    Literal(String),
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Comparison, Box<Expr>),
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    Negative(Box<Expr>),
    Union(Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    Filter(Box<Expr>, Vec<Expr>),
    Path { base: Option<Box<Expr>>, steps: Vec<Step> },
    Root,
}

#[derive(Clone, Copy)]
pub enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Clone, Copy)]
pub enum Arithmetic {
    Plus,
    Minus,
    Times,
    Divided,
    Modulo,
}

pub struct Step {
    pub axis: Axis,
    pub test: Test,
    pub predicates: Vec<Expr>,
}

#[derive(Clone, Copy)]
pub enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Own,
    Parent,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
    Attribute,
}

pub enum Test {
    Name(String),
    Any,
    Text,
    Comment,
    Node,
}

/// How deep expressions may be nested.
const DEPTH: usize = 64;

/// The whole text, or the place of the first character that is wrong.
pub fn parse(text: &str) -> Result<Expr, usize> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let expression = parser.or()?;
    parser.blanks();
    if parser.at == text.len() { Ok(expression) } else { Err(parser.at) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

type Parsed<T = Expr> = Result<T, usize>;

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a sign if it comes next.
    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    /// Takes a word if it comes next and ends there.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = !after.starts_with(is_name);
        self.at += if ends { word.len() } else { 0 };
        ends
    }

    fn need(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.at) }
    }

    fn or(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.at);
        }
        let mut left = self.and()?;
        while self.word("or") {
            left = Expr::Or(left.into(), self.and()?.into());
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.comparison()?;
        while self.word("and") {
            left = Expr::And(left.into(), self.comparison()?.into());
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parsed {
        let signs = [
            ("!=", Comparison::Different),
            ("=", Comparison::Equal),
            ("<=", Comparison::AtMost),
            ("<", Comparison::Less),
            (">=", Comparison::AtLeast),
            (">", Comparison::More),
        ];
        let mut left = self.sum()?;
        while let Some((_, how)) = signs.iter().find(|(sign, _)| self.sign(sign)) {
            left = Expr::Compare(left.into(), *how, self.sum()?.into());
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let how = if self.sign("+") {
                Arithmetic::Plus
            } else if self.sign("-") {
                Arithmetic::Minus
            } else {
                return Ok(left);
            };
            left = Expr::Arithmetic(left.into(), how, self.product()?.into());
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.negative()?;
        loop {
            let how = if self.sign("*") {
                Arithmetic::Times
            } else if self.word("div") {
                Arithmetic::Divided
            } else if self.word("mod") {
                Arithmetic::Modulo
            } else {
                return Ok(left);
            };
            left = Expr::Arithmetic(left.into(), how, self.negative()?.into());
        }
    }

    fn negative(&mut self) -> Parsed {
        let mut minus = false;
        while self.sign("-") {
            minus = !minus;
        }
        let union = self.union()?;
        Ok(if minus { Expr::Negative(union.into()) } else { union })
    }

    fn union(&mut self) -> Parsed {
        let mut left = self.path()?;
        while self.sign("|") {
            left = Expr::Union(left.into(), self.path()?.into());
        }
        Ok(left)
    }

    fn path(&mut self) -> Parsed {
        self.blanks();
        let first = self.rest().chars().next().ok_or(self.at)?;
        if first == '/' {
            return self.absolute();
        }
        if self.starts_primary(first) {
            let primary = self.primary(first)?;
            let predicates = self.predicates()?;
            let base = if predicates.is_empty() { primary } else { Expr::Filter(primary.into(), predicates) };
            self.blanks();
            if !self.rest().starts_with('/') {
                return Ok(base);
            }
            let mut steps = Vec::new();
            self.more_steps(&mut steps)?;
            return Ok(Expr::Path { base: Some(base.into()), steps });
        }
        let mut steps = vec![self.step()?];
        self.more_steps(&mut steps)?;
        Ok(Expr::Path { base: None, steps })
    }

    fn absolute(&mut self) -> Parsed {
        let mut steps = Vec::new();
        if !self.rest().starts_with("//") {
            self.at += 1;
            self.blanks();
            let begins_step = |c: char| is_name(c) || "*@.".contains(c);
            if !self.rest().starts_with(begins_step) {
                return Ok(Expr::Root);
            }
            steps.push(self.step()?);
        }
        self.more_steps(&mut steps)?;
        Ok(Expr::Path { base: Some(Expr::Root.into()), steps })
    }

    fn more_steps(&mut self, steps: &mut Vec<Step>) -> Parsed<()> {
        loop {
            if self.sign("//") {
                steps.push(Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() });
            } else if !self.sign("/") {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn step(&mut self) -> Parsed<Step> {
        if self.sign("..") {
            return Ok(Step { axis: Axis::Parent, test: Test::Node, predicates: Vec::new() });
        }
        if self.sign(".") {
            return Ok(Step { axis: Axis::Own, test: Test::Node, predicates: Vec::new() });
        }
        let axis = if self.sign("@") { Axis::Attribute } else { self.axis() };
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Axis {
        let axes = [
            ("child::", Axis::Child),
            ("descendant-or-self::", Axis::DescendantOrSelf),
            ("descendant::", Axis::Descendant),
            ("self::", Axis::Own),
            ("parent::", Axis::Parent),
            ("ancestor-or-self::", Axis::AncestorOrSelf),
            ("ancestor::", Axis::Ancestor),
            ("following-sibling::", Axis::FollowingSibling),
            ("preceding-sibling::", Axis::PrecedingSibling),
            ("attribute::", Axis::Attribute),
        ];
        axes.iter().find(|(name, _)| self.sign(name)).map_or(Axis::Child, |(_, axis)| *axis)
    }

    fn test(&mut self) -> Parsed<Test> {
        if self.sign("*") {
            return Ok(Test::Any);
        }
        for (form, test) in [("text()", Test::Text), ("node()", Test::Node), ("comment()", Test::Comment)] {
            if self.sign(form) {
                return Ok(test);
            }
        }
        let name = self.name()?;
        // A prefix is only a shorthand for a namespace that nobody has bound here.
        Ok(Test::Name(name.rsplit(':').next().unwrap_or(&name).to_owned()))
    }

    fn name(&mut self) -> Parsed<String> {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !(is_name(c) || c == ':')).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.at);
        }
        let name = rest[..end].to_owned();
        self.at += end;
        Ok(name)
    }

    fn predicates(&mut self) -> Parsed<Vec<Expr>> {
        let mut predicates = Vec::new();
        while self.sign("[") {
            predicates.push(self.or()?);
            self.need("]")?;
        }
        Ok(predicates)
    }

    /// Whether a value comes, rather than a step: a number, a text, brackets, or a function that is no test of nodes.
    fn starts_primary(&self, first: char) -> bool {
        if first.is_ascii_digit() || "\"'(".contains(first) {
            return true;
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        let is_test = ["text", "node", "comment"].contains(&&rest[..end]);
        end > 0 && !is_test && rest[end..].trim_start().starts_with('(')
    }

    fn primary(&mut self, first: char) -> Parsed {
        if first == '(' {
            self.need("(")?;
            let inner = self.or()?;
            self.need(")")?;
            return Ok(inner);
        }
        if first == '"' || first == '\'' {
            let from = self.at + 1;
            let length = self.text[from..].find(first).ok_or(self.text.len())?;
            self.at = from + length + 1;
            return Ok(Expr::Literal(self.text[from..from + length].to_owned()));
        }
        if first.is_ascii_digit() {
            let rest = self.rest();
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            let number = rest[..end].parse().map_err(|_| self.at)?;
            self.at += end;
            return Ok(Expr::Number(number));
        }
        let name = self.name()?;
        self.need("(")?;
        let mut arguments = Vec::new();
        if !self.sign(")") {
            arguments.push(self.or()?);
            while self.sign(",") {
                arguments.push(self.or()?);
            }
            self.need(")")?;
        }
        Ok(Expr::Call(name, arguments))
    }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || "-_.".contains(letter)
}
