//! Reads queries, and what queries and schemas have in common.
//!
//! Source: the GraphQL specification, October 2021, section 2; comments are kept where OPA's parser keeps them.

use super::Fault;
use super::lexer::{Lexer, Token, Word};
use super::syntax::{
    Argument, Child, Comment, Comments, Directive, Field, Fragment, Inline, Kind, Literal,
    Operation, QueryDocument, Selection, Spread, Type, Variable,
};

/// Selections, values and types inside one another. A tree that is deeper could not be read again as JSON.
const MAX_DEPTH: usize = 40;

pub(super) type Parsed<T> = Result<T, Fault>;

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    next: Option<Word<'t>>,
    /// The comments before the next word.
    comment: Option<Comments>,
    depth: usize,
}

/// Reads a query.
pub(super) fn query(text: &str) -> Parsed<QueryDocument> {
    let mut parser = Parser::new(text);
    let mut document = QueryDocument::default();
    loop {
        let next = parser.peek()?;
        match next.token {
            Token::End => return Ok(document),
            Token::Mark('{') => document.operations.push(parser.operation()?),
            Token::Name if matches!(&*next.text, "query" | "mutation" | "subscription") => {
                document.operations.push(parser.operation()?);
            }
            Token::Name if next.text == "fragment" => document.fragments.push(parser.fragment()?),
            _ => return Err(parser.unexpected()),
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lexer: Lexer::new(text), next: None, comment: None, depth: 0 }
    }

    pub(super) fn peek(&mut self) -> Parsed<Word<'t>> {
        if let Some(next) = &self.next {
            return Ok(next.clone());
        }
        let mut list = Vec::new();
        let next = loop {
            let word = self.lexer.next()?;
            if word.token != Token::Comment {
                break word;
            }
            list.push(Comment { value: word.text.into_owned() });
        };
        if !list.is_empty() {
            self.comment = Some(Comments { list });
        }
        self.next = Some(next.clone());
        Ok(next)
    }

    pub(super) fn take(&mut self) -> Parsed<Word<'t>> {
        let word = self.peek()?;
        self.next = None;
        self.comment = None;
        Ok(word)
    }

    /// The comments before the next word.
    pub(super) fn comment(&mut self) -> Parsed<Option<Comments>> {
        self.peek()?;
        Ok(self.comment.clone())
    }

    pub(super) fn unexpected(&self) -> Fault {
        let Some(word) = &self.next else {
            return Fault::new(super::Place::default(), "Unexpected");
        };
        Fault::new(word.at, format!("Unexpected {}", word.shown()))
    }

    pub(super) fn skip(&mut self, mark: char) -> Parsed<bool> {
        let is_there = self.peek()?.token == Token::Mark(mark);
        if is_there {
            self.take()?;
        }
        Ok(is_there)
    }

    pub(super) fn expect(&mut self, token: Token, wanted: &str) -> Parsed<Word<'t>> {
        let word = self.peek()?;
        if word.token != token {
            return Err(Fault::new(word.at, format!("Expected {wanted}, found {}", word.kind())));
        }
        self.take()
    }

    pub(super) fn mark(&mut self, mark: char) -> Parsed<Word<'t>> {
        self.expect(Token::Mark(mark), &mark.to_string())
    }

    /// Takes a word of the language, with the comments before it.
    pub(super) fn keyword(&mut self, keyword: &str) -> Parsed<Option<Comments>> {
        let word = self.peek()?;
        if !word.is_name(keyword) {
            let message = format!("Expected {keyword:?}, found {}", word.shown());
            return Err(Fault::new(word.at, message));
        }
        let comment = self.comment()?;
        self.take()?;
        Ok(comment)
    }

    pub(super) fn name(&mut self) -> Parsed<String> {
        Ok(self.expect(Token::Name, "Name")?.text.into_owned())
    }

    /// Items between brackets, where the opening one stands; the comments before the closing one.
    pub(super) fn some<T>(
        &mut self,
        brackets: [char; 2],
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, Option<Comments>)> {
        let mut items = Vec::new();
        if !self.skip(brackets[0])? {
            return Ok((items, None));
        }
        while self.peek()?.token != Token::Mark(brackets[1]) {
            items.push(item(self)?);
        }
        if items.is_empty() {
            let word = self.peek()?;
            let message = format!("expected at least one definition, found {}", word.shown());
            return Err(Fault::new(word.at, message));
        }
        let comment = self.comment()?;
        self.take()?;
        Ok((items, comment))
    }

    /// Goes one level deeper.
    fn inside<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let at = self.peek()?.at;
            return Err(Fault::new(at, format!("nested more than {MAX_DEPTH} times")));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn operation(&mut self) -> Parsed<Operation> {
        let word = self.peek()?;
        if word.token == Token::Mark('{') {
            let selection_set = self.required_selections()?;
            let operation = "query".to_owned();
            return Ok(Operation { operation, selection_set, at: word.at, ..Operation::default() });
        }
        let comment = self.comment()?;
        let operation = self.operation_type()?;
        let name = if self.peek()?.token == Token::Name { self.name()? } else { String::new() };
        Ok(Operation {
            operation,
            name,
            variable_definitions: self.variables()?,
            directives: self.directives(false)?,
            selection_set: self.required_selections()?,
            comment,
            at: word.at,
        })
    }

    pub(super) fn operation_type(&mut self) -> Parsed<String> {
        let word = self.peek()?;
        if !matches!(&*word.text, "query" | "mutation" | "subscription") {
            return Err(self.unexpected());
        }
        Ok(self.take()?.text.into_owned())
    }

    fn variables(&mut self) -> Parsed<Vec<Variable>> {
        Ok(self.some(['(', ')'], Self::variable)?.0)
    }

    fn variable(&mut self) -> Parsed<Variable> {
        let at = self.peek()?.at;
        let comment = self.comment()?;
        let variable = self.variable_name()?;
        self.mark(':')?;
        let kind = self.type_reference()?;
        let default_value = if self.skip('=')? { Some(self.literal(true)?) } else { None };
        let directives = self.directives(false)?;
        Ok(Variable { variable, kind, default_value, directives, comment, used: false, at })
    }

    fn variable_name(&mut self) -> Parsed<String> {
        self.mark('$')?;
        self.name()
    }

    fn selections(&mut self) -> Parsed<Vec<Selection>> {
        self.inside(|parser| Ok(parser.some(['{', '}'], Self::selection)?.0))
    }

    fn required_selections(&mut self) -> Parsed<Vec<Selection>> {
        let word = self.peek()?;
        if word.token != Token::Mark('{') {
            return Err(Fault::new(word.at, format!("Expected {{, found {}", word.kind())));
        }
        self.selections()
    }

    fn selection(&mut self) -> Parsed<Selection> {
        if self.peek()?.token == Token::Spread { self.spread() } else { self.field() }
    }

    fn field(&mut self) -> Parsed<Selection> {
        let at = self.peek()?.at;
        let comment = self.comment()?;
        let alias = self.name()?;
        let name = if self.skip(':')? { self.name()? } else { alias.clone() };
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selection_set = self.selections()?;
        let field = Field { alias, name, arguments, directives, selection_set, comment, at };
        Ok(Selection::Field(field))
    }

    fn spread(&mut self) -> Parsed<Selection> {
        let comment = self.comment()?;
        self.expect(Token::Spread, "...")?;
        let word = self.peek()?;
        let at = word.at;
        if word.token == Token::Name && word.text != "on" {
            let name = self.name()?;
            let directives = self.directives(false)?;
            return Ok(Selection::Spread(Spread { name, directives, comment, at }));
        }
        let mut type_condition = String::new();
        if word.text == "on" {
            self.take()?;
            type_condition = self.name()?;
        }
        let directives = self.directives(false)?;
        let selection_set = self.required_selections()?;
        Ok(Selection::Inline(Inline { type_condition, directives, selection_set, comment, at }))
    }

    fn fragment(&mut self) -> Parsed<Fragment> {
        let at = self.peek()?.at;
        let comment = self.keyword("fragment")?;
        if self.peek()?.text == "on" {
            return Err(self.unexpected());
        }
        let name = self.name()?;
        let variable_definition = self.variables()?;
        self.keyword("on")?;
        Ok(Fragment {
            name,
            variable_definition,
            type_condition: self.name()?,
            directives: self.directives(false)?,
            selection_set: self.required_selections()?,
            comment,
            at,
        })
    }

    fn arguments(&mut self, is_constant: bool) -> Parsed<Vec<Argument>> {
        let argument = |parser: &mut Self| {
            let at = parser.peek()?.at;
            let comment = parser.comment()?;
            let name = parser.name()?;
            parser.mark(':')?;
            Ok(Argument { name, value: parser.literal(is_constant)?, comment, at })
        };
        Ok(self.some(['(', ')'], argument)?.0)
    }

    pub(super) fn directives(&mut self, is_constant: bool) -> Parsed<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.skip('@')? {
            let at = self.peek()?.at;
            let name = self.name()?;
            let arguments = self.arguments(is_constant)?;
            directives.push(Directive { name, arguments, location: String::new(), at });
        }
        Ok(directives)
    }

    pub(super) fn literal(&mut self, is_constant: bool) -> Parsed<Literal> {
        self.inside(|parser| parser.literal_here(is_constant))
    }

    fn literal_here(&mut self, is_constant: bool) -> Parsed<Literal> {
        let word = self.peek()?;
        let kind = match word.token {
            Token::Mark('[') => return self.list(Kind::List, ']', is_constant),
            Token::Mark('{') => return self.list(Kind::Object, '}', is_constant),
            Token::Mark('$') if !is_constant => {
                let raw = self.variable_name()?;
                return Ok(Literal { raw, at: word.at, ..Literal::default() });
            }
            Token::Int => Kind::Int,
            Token::Float => Kind::Float,
            Token::String => Kind::String,
            Token::Block => Kind::Block,
            Token::Name => match &*word.text {
                "true" | "false" => Kind::Boolean,
                "null" => Kind::Null,
                _ => Kind::Enum,
            },
            Token::End | Token::Mark(_) | Token::Spread | Token::Comment => {
                return Err(self.unexpected());
            }
        };
        self.take()?;
        Ok(Literal { raw: word.text.into_owned(), kind, at: word.at, ..Literal::default() })
    }

    /// A list or an object; both may be empty.
    fn list(&mut self, kind: Kind, end: char, is_constant: bool) -> Parsed<Literal> {
        let at = self.peek()?.at;
        let comment = self.comment()?;
        self.take()?;
        let mut children = Vec::new();
        while self.peek()?.token != Token::Mark(end) {
            let mut child = Child { at: self.peek()?.at, ..Child::default() };
            if kind == Kind::Object {
                child.comment = self.comment()?;
                child.name = self.name()?;
                self.mark(':')?;
            }
            child.value = self.literal(is_constant)?;
            children.push(child);
        }
        self.take()?;
        Ok(Literal { children, kind, comment, at, ..Literal::default() })
    }

    pub(super) fn type_reference(&mut self) -> Parsed<Type> {
        self.inside(|parser| {
            let mut kind = Type::default();
            if parser.skip('[')? {
                kind.at = parser.peek()?.at;
                kind.elem = Some(Box::new(parser.type_reference()?));
                parser.mark(']')?;
            } else {
                kind.at = parser.peek()?.at;
                kind.named_type = parser.name()?;
            }
            kind.non_null = parser.skip('!')?;
            Ok(kind)
        })
    }
}
