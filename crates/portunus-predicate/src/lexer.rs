//! Text into tokens, one at a time, each with its place. It knows words and signs, and not how they may follow each other.

mod text;

use crate::{Constant, Error, Result, Span};
use std::fmt;

/// The longest name that an error repeats.
const SHOWN_NAME_BYTES_MAX: usize = 40;

/// Words that are kept for later, as in every dialect of the language. They may name fields and methods, but nothing else.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

/// The longer ones come first, so that they are not taken for two.
const SIGNS: [(&str, Kind<'static>); 24] = [
    ("==", Kind::Equal),
    ("!=", Kind::NotEqual),
    ("<=", Kind::LessOrEqual),
    (">=", Kind::GreaterOrEqual),
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("<", Kind::Less),
    (">", Kind::Greater),
    ("+", Kind::Plus),
    ("-", Kind::Minus),
    ("*", Kind::Star),
    ("/", Kind::Slash),
    ("%", Kind::Percent),
    ("!", Kind::Not),
    ("?", Kind::Question),
    (":", Kind::Colon),
    (",", Kind::Comma),
    (".", Kind::Dot),
    ("(", Kind::LeftParenthesis),
    (")", Kind::RightParenthesis),
    ("[", Kind::LeftBracket),
    ("]", Kind::RightBracket),
    ("{", Kind::LeftBrace),
    ("}", Kind::RightBrace),
];

/// A word, a sign or a literal, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Token<'s> {
    pub(crate) kind: Kind<'s>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind<'s> {
    Name(&'s str),
    /// A name of a field between backticks.
    Quoted(&'s str),
    Reserved(&'s str),
    /// An integer without its sign, which is not a part of it: the lowest one has no positive counterpart.
    Integer(u64),
    /// A literal, but for an integer or a double, which may follow a sign.
    Literal(Constant),
    Double(f64),
    In,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Not,
    Question,
    Colon,
    Comma,
    Dot,
    LeftParenthesis,
    RightParenthesis,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    End,
}

/// What is left to be read of a source text.
pub(crate) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    /// The next token. Behind the last one there is always [`Kind::End`].
    pub(crate) fn token(&mut self) -> Result<Token<'s>> {
        self.skip_blanks();
        let start = self.at;
        let kind = match self.peek() {
            None => Kind::End,
            Some(first) if first.is_ascii_digit() => self.number()?,
            Some('.') if self.rest(1).starts_with(|next: char| next.is_ascii_digit()) => self.number()?,
            Some('"' | '\'') => self.text()?,
            Some('`') => self.quoted()?,
            Some(first) if is_name_start(first) => {
                if self.is_text_with_prefix() {
                    self.text()?
                } else {
                    word(self.skip_while(is_name_part))
                }
            }
            Some(_) => self.sign()?,
        };
        Ok(Token { kind, span: span(start, self.at) })
    }

    fn skip_blanks(&mut self) {
        loop {
            self.skip_while(|sign| matches!(sign, ' ' | '\t' | '\n' | '\r' | '\u{c}'));
            if !self.rest(0).starts_with("//") {
                return;
            }
            self.skip_while(|sign| sign != '\n');
        }
    }

    fn number(&mut self) -> Result<Kind<'s>> {
        let start = self.at;
        let kind = if self.skip("0x") { self.hexadecimal(start)? } else { self.decimal(start)? };
        let end = self.at;
        // Any other word cannot follow a number either, but this is what somebody who writes `10k` should be told.
        let follows = self.skip_while(is_name_part);
        if follows.is_empty() || follows == "in" {
            self.at = end;
            return Ok(kind);
        }
        Err(Error::at(span(start, self.at), "letters directly behind a number"))
    }

    fn hexadecimal(&mut self, start: usize) -> Result<Kind<'s>> {
        let digits = self.skip_while(|sign| sign.is_ascii_hexdigit());
        if digits.is_empty() {
            return Err(Error::at(span(start, self.at), "hexadecimal digits are expected behind `0x`"));
        }
        self.integer(start, u64::from_str_radix(digits, 16).ok())
    }

    fn decimal(&mut self, start: usize) -> Result<Kind<'s>> {
        let digits = self.skip_while(|sign| sign.is_ascii_digit());
        let mut is_double = false;
        if self.peek() == Some('.') && self.rest(1).starts_with(|next: char| next.is_ascii_digit()) {
            self.at += 1;
            self.skip_while(|sign| sign.is_ascii_digit());
            is_double = true;
        }
        if self.skip("e") || self.skip("E") {
            let _sign = self.skip("+") || self.skip("-");
            if self.skip_while(|sign| sign.is_ascii_digit()).is_empty() {
                return Err(Error::at(span(start, self.at), "the exponent has no digits"));
            }
            is_double = true;
        }
        if !is_double {
            return self.integer(start, digits.parse().ok());
        }
        let double = self.since(start).parse().unwrap_or(f64::INFINITY);
        if double.is_infinite() {
            return Err(Error::at(span(start, self.at), "this number is past the range of a double"));
        }
        Ok(Kind::Double(double))
    }

    fn integer(&mut self, start: usize, value: Option<u64>) -> Result<Kind<'s>> {
        let is_unsigned = self.skip("u") || self.skip("U");
        let Some(value) = value else {
            return Err(Error::at(span(start, self.at), "this integer is past the range of 64 bits"));
        };
        Ok(if is_unsigned { Kind::Literal(Constant::Uint(value)) } else { Kind::Integer(value) })
    }

    /// A name of a field that is none elsewhere, because signs are in it.
    fn quoted(&mut self) -> Result<Kind<'s>> {
        let start = self.at;
        self.at += 1;
        let name = self.skip_while(|sign| is_name_part(sign) || ".-/ ".contains(sign));
        if name.is_empty() || !self.skip("`") {
            let problem =
                "between backticks, a name of letters, digits, `_`, `.`, `-`, `/` and spaces is expected";
            return Err(Error::at(span(start, self.at), problem));
        }
        Ok(Kind::Quoted(name))
    }

    fn sign(&mut self) -> Result<Kind<'s>> {
        for (sign, kind) in SIGNS {
            if self.skip(sign) {
                return Ok(kind);
            }
        }
        let start = self.at;
        let found = self.peek();
        self.at += found.map_or(0, char::len_utf8);
        let problem = match found {
            Some('=') => "`=` is no operator; two values are compared with `==`".to_owned(),
            Some('&') => "`&` is no operator; both are demanded with `&&`".to_owned(),
            Some('|') => "`|` is no operator; one of both is demanded with `||`".to_owned(),
            Some(sign) if sign.is_ascii_graphic() => format!("`{sign}` has no meaning here"),
            Some(sign) => format!("the sign U+{:04X} has no meaning outside of a text", u32::from(sign)),
            None => "a sign is expected".to_owned(),
        };
        Err(Error::at(span(start, self.at), problem))
    }

    /// What follows, after this many bytes.
    fn rest(&self, bytes: usize) -> &'s str {
        self.source.get(self.at + bytes..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> &'s str {
        self.source.get(start..self.at).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest(0).chars().next()
    }

    /// Goes behind `what` if that is next, and tells whether it was.
    fn skip(&mut self, what: &str) -> bool {
        let found = self.rest(0).starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }

    fn skip_while(&mut self, fits: impl Fn(char) -> bool) -> &'s str {
        let start = self.at;
        let rest = self.rest(0);
        self.at += rest.find(|sign| !fits(sign)).unwrap_or(rest.len());
        self.since(start)
    }
}

/// The token as an error names it. What a literal holds is not repeated.
impl fmt::Display for Kind<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) if name.len() <= SHOWN_NAME_BYTES_MAX => write!(formatter, "the name `{name}`"),
            Self::Name(_) => formatter.write_str("a name"),
            Self::Quoted(_) => formatter.write_str("a name between backticks"),
            Self::Reserved(word) => write!(formatter, "the reserved word `{word}`"),
            Self::Integer(_) | Self::Double(_) => formatter.write_str("a number"),
            Self::Literal(constant) => formatter.write_str(match constant {
                Constant::Null => "`null`",
                Constant::Bool(true) => "`true`",
                Constant::Bool(false) => "`false`",
                Constant::String(_) => "a text",
                Constant::Bytes(_) => "bytes",
                _ => "a number",
            }),
            Self::In => formatter.write_str("`in`"),
            Self::End => formatter.write_str("the end"),
            sign => {
                let is_this =
                    |known: &Kind<'_>| std::mem::discriminant(known) == std::mem::discriminant(sign);
                let text = SIGNS.iter().find(|(_, known)| is_this(known)).map_or("", |(text, _)| text);
                write!(formatter, "`{text}`")
            }
        }
    }
}

fn word(word: &str) -> Kind<'_> {
    match word {
        "true" => Kind::Literal(Constant::Bool(true)),
        "false" => Kind::Literal(Constant::Bool(false)),
        "null" => Kind::Literal(Constant::Null),
        "in" => Kind::In,
        _ if RESERVED.contains(&word) => Kind::Reserved(word),
        _ => Kind::Name(word),
    }
}

fn is_name_start(sign: char) -> bool {
    sign.is_ascii_alphabetic() || sign == '_'
}

fn is_name_part(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// From byte to byte. No source is so long that they do not fit.
fn span(start: usize, end: usize) -> Span {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: narrow(start), end: narrow(end) }
}
