//! Reads schemas. Source: the GraphQL specification, October 2021, section 3.

use super::Fault;
use super::lexer::{Token, Word};
use super::parser::{Parsed, Parser};
use super::syntax::{
    Comments, Definition, DirectiveDefinition, EnumValue, FieldDefinition, OperationType,
    SchemaDefinition, SchemaDocument,
};

const LOCATIONS: [&str; 19] = [
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];

/// A description with the comments before it.
#[derive(Default)]
struct Description {
    text: String,
    comment: Option<Comments>,
}

/// Reads a schema.
pub(super) fn schema(text: &str) -> Parsed<SchemaDocument> {
    let mut parser = Parser::new(text);
    let mut document = SchemaDocument::default();
    loop {
        let start = parser.peek()?;
        if start.token == Token::End {
            break;
        }
        let description = parser.description()?;
        let word = parser.peek()?;
        if word.token != Token::Name {
            return Err(parser.unexpected());
        }
        match &*word.text {
            "schema" => document.schema.push(parser.schema_definition(description)?),
            "directive" => document.directives.push(parser.directive_definition(description)?),
            "extend" if !description.text.is_empty() => {
                return Err(Fault::new(start.at, format!("Unexpected {}", start.shown())));
            }
            "extend" => parser.extension(&mut document)?,
            _ => {
                let comment = parser.comment()?;
                let mut definition = parser.definition(&word, false)?;
                definition.before_description_comment = description.comment;
                definition.description = description.text;
                definition.after_description_comment = comment;
                document.definitions.push(definition);
            }
        }
    }
    document.comment = parser.comment()?;
    Ok(document)
}

impl Parser<'_> {
    fn description(&mut self) -> Parsed<Description> {
        if !matches!(self.peek()?.token, Token::String | Token::Block) {
            return Ok(Description::default());
        }
        let comment = self.comment()?;
        Ok(Description { text: self.take()?.text.into_owned(), comment })
    }

    fn schema_definition(&mut self, description: Description) -> Parsed<SchemaDefinition> {
        let comment = self.keyword("schema")?;
        let at = self.peek()?.at;
        let directives = self.directives(true)?;
        let (operation_types, end) = self.some(['{', '}'], Self::operation_type_definition)?;
        Ok(SchemaDefinition {
            description: description.text,
            directives,
            operation_types,
            before_description_comment: description.comment,
            after_description_comment: comment,
            end_of_definition_comment: end,
            at,
        })
    }

    fn operation_type_definition(&mut self) -> Parsed<OperationType> {
        let at = self.peek()?.at;
        let comment = self.comment()?;
        let operation = self.operation_type()?;
        self.mark(':')?;
        Ok(OperationType { operation, named: self.name()?, comment, at })
    }

    /// A type, or an addition to one, from its first word.
    fn definition(&mut self, word: &Word<'_>, is_extension: bool) -> Parsed<Definition> {
        let kind = match &*word.text {
            "scalar" => "SCALAR",
            "type" => "OBJECT",
            "interface" => "INTERFACE",
            "union" => "UNION",
            "enum" => "ENUM",
            "input" => "INPUT_OBJECT",
            _ => return Err(self.unexpected()),
        };
        self.take()?;
        let mut definition = Definition {
            at: self.peek()?.at,
            kind: kind.to_owned(),
            name: self.name()?,
            ..Definition::default()
        };
        // OPA's parser knows no further interfaces of an interface.
        if kind == "OBJECT" || kind == "INTERFACE" && !is_extension {
            definition.interfaces = self.interfaces()?;
        }
        definition.directives = self.directives(true)?;
        match kind {
            "OBJECT" | "INTERFACE" => {
                (definition.fields, definition.end_of_definition_comment) =
                    self.some(['{', '}'], |parser| parser.field_definition(true))?;
            }
            "INPUT_OBJECT" => {
                (definition.fields, definition.end_of_definition_comment) =
                    self.some(['{', '}'], |parser| parser.field_definition(false))?;
            }
            "ENUM" => {
                (definition.enum_values, definition.end_of_definition_comment) =
                    self.some(['{', '}'], Self::enum_value)?;
            }
            "UNION" if self.skip('=')? => {
                self.skip('|')?;
                definition.types = self.names('|')?;
            }
            _ => {}
        }
        Ok(definition)
    }

    /// Names with a mark between them.
    fn names(&mut self, mark: char) -> Parsed<Vec<String>> {
        let mut names = vec![self.name()?];
        while self.skip(mark)? {
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn interfaces(&mut self) -> Parsed<Vec<String>> {
        if self.peek()?.text != "implements" {
            return Ok(Vec::new());
        }
        self.take()?;
        self.skip('&')?;
        self.names('&')
    }

    /// A field of a type with its arguments, or a field of an input or an argument with its default.
    fn field_definition(&mut self, has_arguments: bool) -> Parsed<FieldDefinition> {
        let mut field = FieldDefinition::default();
        let description = self.description()?;
        if !description.text.is_empty() {
            field.before_description_comment = description.comment;
            field.description = description.text;
        }
        field.after_description_comment = self.comment()?;
        field.at = self.peek()?.at;
        field.name = self.name()?;
        if has_arguments {
            field.arguments = self.arguments_definition()?;
        }
        self.mark(':')?;
        field.kind = self.type_reference()?;
        if !has_arguments && self.skip('=')? {
            field.default_value = Some(self.literal(true)?);
        }
        field.directives = self.directives(true)?;
        Ok(field)
    }

    fn arguments_definition(&mut self) -> Parsed<Vec<FieldDefinition>> {
        Ok(self.some(['(', ')'], |parser| parser.field_definition(false))?.0)
    }

    fn enum_value(&mut self) -> Parsed<EnumValue> {
        let mut value = EnumValue::default();
        let description = self.description()?;
        if !description.text.is_empty() {
            value.before_description_comment = description.comment;
            value.description = description.text;
        }
        value.after_description_comment = self.comment()?;
        value.at = self.peek()?.at;
        value.name = self.name()?;
        value.directives = self.directives(true)?;
        Ok(value)
    }

    fn extension(&mut self, document: &mut SchemaDocument) -> Parsed<()> {
        let comment = self.keyword("extend")?;
        let word = self.peek()?;
        if word.text == "schema" {
            let mut schema = self.schema_definition(Description::default())?;
            schema.after_description_comment = comment;
            if schema.directives.is_empty() && schema.operation_types.is_empty() {
                self.peek()?;
                return Err(self.unexpected());
            }
            document.schema_extension.push(schema);
            return Ok(());
        }
        let mut definition = self.definition(&word, true)?;
        definition.after_description_comment = comment;
        let adds_something = !definition.directives.is_empty()
            || !definition.fields.is_empty()
            || !definition.types.is_empty()
            || !definition.enum_values.is_empty()
            || definition.kind == "OBJECT" && !definition.interfaces.is_empty();
        if !adds_something {
            self.peek()?;
            return Err(self.unexpected());
        }
        document.extensions.push(definition);
        Ok(())
    }

    fn directive_definition(&mut self, description: Description) -> Parsed<DirectiveDefinition> {
        let comment = self.keyword("directive")?;
        self.mark('@')?;
        let mut directive = DirectiveDefinition {
            at: self.peek()?.at,
            description: description.text,
            name: self.name()?,
            before_description_comment: description.comment,
            after_description_comment: comment,
            ..DirectiveDefinition::default()
        };
        directive.arguments = self.arguments_definition()?;
        if self.peek()?.is_name("repeatable") {
            directive.is_repeatable = true;
            self.take()?;
        }
        self.keyword("on")?;
        self.skip('|')?;
        directive.locations.push(self.location()?);
        while self.skip('|')? {
            directive.locations.push(self.location()?);
        }
        Ok(directive)
    }

    fn location(&mut self) -> Parsed<String> {
        let word = self.expect(Token::Name, "Name")?;
        if !LOCATIONS.contains(&&*word.text) {
            return Err(Fault::new(word.at, format!("Unexpected {}", word.shown())));
        }
        Ok(word.text.into_owned())
    }
}
