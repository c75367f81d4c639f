//! Literals of text and bytes, in all their quotes and escapes. It knows nothing of other tokens.

use super::{Kind, Lexer, span};
use crate::{Constant, Error, Result};

/// How a literal is written.
struct Form {
    is_bytes: bool,
    is_raw: bool,
    quote: &'static str,
}

impl Form {
    fn is_triple(&self) -> bool {
        self.quote.len() == 3
    }
}

impl<'s> Lexer<'s> {
    /// Whether a text begins here with letters in front of its quote.
    pub(super) fn is_text_with_prefix(&self) -> bool {
        let rest = self.rest(0);
        ["b", "B", ""].iter().filter_map(|bytes| rest.strip_prefix(bytes)).any(|rest| {
            ["r", "R", ""]
                .iter()
                .filter_map(|raw| rest.strip_prefix(raw))
                .any(|rest| rest.starts_with(['"', '\'']))
        })
    }

    pub(super) fn text(&mut self) -> Result<Kind<'s>> {
        let start = self.at;
        let form = self.form();
        let mut content = Vec::new();
        loop {
            if self.skip(form.quote) {
                return self.literal(start, &form, content);
            }
            let at = self.at;
            match self.peek() {
                None => return Err(self.not_closed(start, &form)),
                Some('\\') if !form.is_raw => self.escape(&form, &mut content)?,
                // A text means the same whatever ends the lines of the file in which it is kept.
                Some('\n' | '\r') if form.is_triple() => {
                    let _ended = self.skip("\r\n") || self.skip("\r") || self.skip("\n");
                    content.push(b'\n');
                }
                Some('\n' | '\r') => return Err(self.not_closed(start, &form)),
                Some(sign) => {
                    self.at += sign.len_utf8();
                    content.extend_from_slice(self.since(at).as_bytes());
                }
            }
        }
    }

    fn form(&mut self) -> Form {
        let is_bytes = self.skip("b") || self.skip("B");
        let is_raw = self.skip("r") || self.skip("R");
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| self.skip(quote)).unwrap_or("'");
        Form { is_bytes, is_raw, quote }
    }

    fn not_closed(&self, start: usize, form: &Form) -> Error {
        let what = if form.is_bytes { "these bytes are" } else { "this text is" };
        let hint = match self.peek() {
            Some(_) => "; one of more than one line stands between three quotes",
            None => "",
        };
        Error::at(span(start, self.at), format!("{what} not closed: {} is missing{hint}", form.quote))
    }

    /// What a backslash and the signs behind it stand for.
    fn escape(&mut self, form: &Form, content: &mut Vec<u8>) -> Result<()> {
        let start = self.at;
        self.at += 1;
        let sign = self.peek();
        self.at += sign.map_or(0, char::len_utf8);
        let byte = match sign {
            Some(same @ ('\\' | '?' | '"' | '\'' | '`')) => u32::from(same),
            Some('a') => 0x07,
            Some('b') => 0x08,
            Some('f') => 0x0c,
            Some('n') => 0x0a,
            Some('r') => 0x0d,
            Some('t') => 0x09,
            Some('v') => 0x0b,
            Some('x' | 'X') => self.digits(start, 2, 16)?,
            Some('0'..='3') => {
                self.at -= 1;
                self.digits(start, 3, 8)?
            }
            Some('u' | 'U') if form.is_bytes => {
                let problem = "bytes have no signs to be escaped; a byte is written `\\xHH` or `\\ooo`";
                return Err(Error::at(span(start, self.at), problem));
            }
            Some('u') => self.digits(start, 4, 16)?,
            Some('U') => self.digits(start, 8, 16)?,
            Some(_) => {
                return Err(Error::at(span(start, self.at), "no such escape; a backslash is written `\\\\`"));
            }
            None => return Err(Error::at(span(start, self.at), "the text ends within an escape")),
        };
        if form.is_bytes {
            // Every escape of bytes is below 256.
            content.extend(u8::try_from(byte));
            return Ok(());
        }
        let Some(sign) = char::from_u32(byte) else {
            return Err(Error::at(
                span(start, self.at),
                "this is no sign of Unicode: it is past the last, or half of a pair",
            ));
        };
        content.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// The number that so many digits are, of an escape that begins at `start`.
    fn digits(&mut self, start: usize, count: usize, radix: u32) -> Result<u32> {
        let digits_at = self.at;
        while self.at - digits_at < count && self.peek().is_some_and(|digit| digit.is_digit(radix)) {
            self.at += 1;
        }
        let digits = self.since(digits_at);
        match u32::from_str_radix(digits, radix) {
            Ok(number) if digits.len() == count => Ok(number),
            _ => {
                let name = if radix == 8 { "octal" } else { "hexadecimal" };
                Err(Error::at(span(start, self.at), format!("this escape takes {count} {name} digits")))
            }
        }
    }

    fn literal(&self, start: usize, form: &Form, content: Vec<u8>) -> Result<Kind<'s>> {
        if form.is_bytes {
            return Ok(Kind::Literal(Constant::Bytes(content.into())));
        }
        match String::from_utf8(content) {
            Ok(text) => Ok(Kind::Literal(Constant::String(text.into()))),
            Err(_) => Err(Error::at(span(start, self.at), "this text is no Unicode")),
        }
    }
}
