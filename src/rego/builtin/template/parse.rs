//! Templates read.

use super::{Node, Operand, Pipeline};

/// Blocks inside one another.
const MAX_DEPTH: usize = 50;

/// Reads a template.
pub(super) fn parsed(text: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { pieces: pieces(text)?.into_iter(), depth: 0 };
    let (nodes, end) = parser.nodes()?;
    match end {
        None => Ok(nodes),
        Some(end) => Err(format!("unexpected {{{{{end}}}}}")),
    }
}

/// Text, or what stands between braces.
enum Piece<'t> {
    Text(&'t str),
    Action(&'t str),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (before, after) = match after.strip_prefix("- ") {
            Some(after) => (before.trim_end(), after),
            None => (before, after),
        };
        pieces.push(Piece::Text(before));
        let end = action_end(after).ok_or("unclosed action")?;
        let (action, after) = after.split_at_checked(end).ok_or("unclosed action")?;
        let after = after.strip_prefix("}}").unwrap_or(after);
        let (action, after) = match action.strip_suffix(" -") {
            Some(action) => (action, after.trim_start()),
            None => (action, after),
        };
        if !(action.starts_with("/*") && action.ends_with("*/")) {
            pieces.push(Piece::Action(action.trim()));
        }
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// Where the closing braces stand, not counting those in quotes.
fn action_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match (quote, char) {
            (Some('"' | '\''), '\\') => drop(chars.next()),
            (Some(open), _) if open == char => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(char),
            (None, '}') if text.get(at..).is_some_and(|rest| rest.starts_with("}}")) => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

struct Parser<'t> {
    pieces: std::vec::IntoIter<Piece<'t>>,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// Nodes up to `end` or `else`, which is given back.
    fn nodes(&mut self) -> Result<(Vec<Node>, Option<&'t str>), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("blocks nest too deeply".to_owned());
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let action = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text.to_owned()));
                    continue;
                }
                Piece::Action(action) => action,
            };
            let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
            match word {
                "end" | "else" => {
                    self.depth -= 1;
                    return Ok((nodes, Some(action)));
                }
                "if" | "with" | "range" => nodes.push(self.block(word, rest)?),
                "break" => nodes.push(Node::Break),
                "continue" => nodes.push(Node::Continue),
                "define" | "template" | "block" => {
                    return Err(format!("`{word}` is not supported"));
                }
                _ => nodes.push(Node::Print(pipeline(action)?)),
            }
        }
        self.depth -= 1;
        Ok((nodes, None))
    }

    fn block(&mut self, word: &str, rest: &str) -> Result<Node, String> {
        let head = pipeline(rest)?;
        let (then, end) = self.nodes()?;
        let otherwise = match end {
            Some("end") => Vec::new(),
            Some("else") => match self.nodes()? {
                (otherwise, Some("end")) => otherwise,
                _ => return Err("unexpected EOF".to_owned()),
            },
            Some(chained) => {
                let chained = chained.strip_prefix("else").unwrap_or_default().trim_start();
                let (word, rest) = chained.split_once(char::is_whitespace).unwrap_or((chained, ""));
                if !matches!(word, "if" | "with") {
                    return Err(format!("unexpected {chained} in else"));
                }
                vec![self.block(word, rest)?]
            }
            None => return Err("unexpected EOF".to_owned()),
        };
        Ok(match word {
            "if" => Node::If { condition: head, then, otherwise },
            "with" => Node::With { value: head, then, otherwise },
            _ => Node::Range { over: head, each: then, otherwise },
        })
    }
}

fn pipeline(text: &str) -> Result<Pipeline, String> {
    let mut words = Words { rest: text, depth: 0 };
    let pipeline = words.pipeline()?;
    if words.rest.trim_start().is_empty() {
        Ok(pipeline)
    } else {
        Err("unexpected right paren".to_owned())
    }
}

struct Words<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Words<'t> {
    fn pipeline(&mut self) -> Result<Pipeline, String> {
        let (variables, declares) = self.variables();
        let mut commands = Vec::new();
        loop {
            let mut command = Vec::new();
            while let Some(operand) = self.operand()? {
                command.push(operand);
            }
            if command.is_empty() {
                return Err("missing value for command".to_owned());
            }
            commands.push(command);
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('|') {
                Some(rest) => self.rest = rest,
                None => return Ok(Pipeline { variables, declares, commands }),
            }
        }
    }

    /// `$x :=`, `$i, $x :=` and `$x =`.
    fn variables(&mut self) -> (Vec<String>, bool) {
        let none = (Vec::new(), false);
        let Some((names, rest)) = self.rest.split_once('=') else { return none };
        let (names, declares) =
            names.strip_suffix(':').map_or((names, false), |names| (names, true));
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let is_name = |name: &&str| {
            name.strip_prefix('$')
                .is_some_and(|name| name.chars().all(|char| char == '_' || char.is_alphanumeric()))
        };
        if names.len() > 2 || !names.iter().all(is_name) {
            return none;
        }
        self.rest = rest;
        (names.into_iter().map(str::to_owned).collect(), declares)
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn operand(&mut self) -> Result<Option<Operand>, String> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        Ok(Some(match first {
            '|' | ')' => return Ok(None),
            '(' => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err("parentheses nest too deeply".to_owned());
                }
                self.take(1);
                let inner = self.pipeline()?;
                self.rest =
                    self.rest.trim_start().strip_prefix(')').ok_or("unclosed left paren")?;
                self.depth -= 1;
                Operand::Nested(inner, self.fields())
            }
            '"' => Operand::Text(self.quoted()?),
            '`' => {
                let end = self
                    .rest
                    .get(1..)
                    .and_then(|rest| rest.find('`'))
                    .ok_or("unterminated raw quoted string")?;
                let raw = self.take(end + 2);
                Operand::Text(raw.trim_matches('`').to_owned())
            }
            '.' if self.rest.get(1..).is_none_or(|rest| !rest.starts_with(is_name_char)) => {
                self.take(1);
                Operand::Field(Vec::new())
            }
            '.' => Operand::Field(self.fields()),
            '$' => {
                let length = self
                    .rest
                    .chars()
                    .skip(1)
                    .take_while(|char| is_name_char(*char))
                    .map(char::len_utf8)
                    .sum::<usize>();
                let name = self.take(length + 1).to_owned();
                Operand::Variable(name, self.fields())
            }
            _ => self.word()?,
        }))
    }

    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while let Some(rest) =
            self.rest.strip_prefix('.').filter(|rest| rest.starts_with(is_name_char))
        {
            let end = rest.find(|char| !is_name_char(char)).unwrap_or(rest.len());
            let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
            fields.push(name.to_owned());
            self.rest = rest;
        }
        fields
    }

    fn word(&mut self) -> Result<Operand, String> {
        let end =
            self.rest.find(|char: char| char.is_whitespace() || matches!(char, '|' | '(' | ')'));
        let word = self.take(end.unwrap_or(self.rest.len()));
        Ok(match word {
            "true" => Operand::Bool(true),
            "false" => Operand::Bool(false),
            "nil" => Operand::Nil,
            _ if word
                .starts_with(|char: char| char.is_ascii_digit() || matches!(char, '-' | '+')) =>
            {
                match (word.parse::<i64>(), word.parse::<f64>()) {
                    (Ok(number), _) => Operand::Integer(number),
                    (_, Ok(number)) => Operand::Float(number),
                    _ => return Err(format!("bad number syntax: \"{word}\"")),
                }
            }
            _ if word.chars().all(is_name_char) => Operand::Function(word.to_owned()),
            _ => return Err(format!("unexpected \"{word}\" in operand")),
        })
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => text.push(match chars.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some(char @ ('"' | '\\')) => char,
                    _ => return Err("bad escape in a quoted string".to_owned()),
                }),
                Some(char) => text.push(char),
                None => return Err("unterminated quoted string".to_owned()),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }
}

fn is_name_char(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}
