//! Definitions, and the steps and expressions of their bodies.

use crate::rego::builtin::Builtin;
use crate::rego::ir::Span;
use crate::rego::stored::{Reader, Stored, Writer, stored_enum, stored_struct};

use super::super::direct::Direct;
use super::super::program::{
    Admitted, Branch, Call, Callee, Collect, Collection, Comparison, Definition, Every, Expr,
    Guard, Iterate, Join, Op, Pattern, Read, Replacement, Target, With,
};
use super::number::{
    base, input, maybe_join, maybe_memo, maybe_slot, memo, node, rule, slot, slots,
};

/// More locals than one definition has: a frame makes room for all of them.
const MAX_SLOTS: u32 = 1 << 16;

impl Stored for Definition {
    fn write(&self, writer: &mut Writer) {
        let Self { slots, branches } = self;
        if *slots > MAX_SLOTS {
            writer.refuse();
        }
        slots.write(writer);
        branches.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let slots = reader.below(MAX_SLOTS + 1)?;
        reader.bounds.slots = slots;
        Some(Self { slots, branches: Stored::read(reader)? })
    }
}

impl Stored for Call {
    fn write(&self, writer: &mut Writer) {
        let Self { callee, arguments, slot: number, span, is_replaceable, direct: _follows } = self;
        callee.write(writer);
        arguments.write(writer);
        slot::write(number, writer);
        span.write(writer);
        is_replaceable.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (callee, arguments) = (Callee::read(reader)?, Vec::<Expr>::read(reader)?);
        let direct = Direct::of(callee, &arguments);
        let (slot, span) = (slot::read(reader)?, Span::read(reader)?);
        Some(Self { callee, arguments, slot, span, is_replaceable: bool::read(reader)?, direct })
    }
}

stored_struct!(Branch { body, keys, value, is_element, span });
stored_struct!(Guard { on, among });
stored_enum!(Admitted { 0 = Scalar(value), 1 = Array(items) });
stored_struct!(Iterate { collection, key, value, join });
stored_struct!(Join { path, probe, memo: memo, shared: maybe_join });
stored_struct!(Read { node: node, keys, slot: slot, span });
stored_struct!(Collect { what, body, slot: slot, memo: maybe_memo, span });
stored_struct!(Every { domain, key: maybe_slot, value: slot, body });
stored_struct!(With { replacements, body, binds: slots, span });

stored_enum!(Op {
    0 = Bind(number: slot, expr),
    1 = Test(expr),
    2 = Guard(guard),
    3 = Match(pattern, expr),
    4 = Rule(number: rule, span),
    5 = Iterate(iterate),
    6 = Walk(walked),
    7 = Read(read),
    8 = Call(call),
    9 = Collect(collect),
    10 = Not(body),
    11 = Every(every),
    12 = With(with),
    13 = Cover(number: nothing),
    14 = Held(number: nothing),
});

/// Points of coverage: a program that counts is never kept.
mod nothing {
    use super::{Reader, Writer};

    pub(super) fn write<T>(_point: &T, writer: &mut Writer) {
        writer.refuse();
    }

    pub(super) const fn read(_reader: &mut Reader<'_>) -> Option<u32> {
        None
    }
}

stored_enum!(Collection { 0 = Array(item), 1 = Set(item), 2 = Object(key, value) });
stored_enum!(Target { 0 = Input(path), 1 = Data(path), 2 = Rule(number: rule), 3 = Builtin(of) });
stored_enum!(Replacement { 0 = Value(expr), 1 = Function(callee) });
stored_enum!(Callee { 0 = Rule(number: rule), 1 = Builtin(of) });

impl Stored for &'static Builtin {
    fn write(&self, writer: &mut Writer) {
        writer.builtin(self);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.builtin()
    }
}

stored_enum!(Expr {
    0 = Constant(value),
    1 = Slot(number: slot),
    2 = Input(number: input),
    3 = Base(number: base),
    4 = Rule(number: rule),
    5 = Path(base, steps),
    6 = Array(items),
    7 = Set(items),
    8 = Object(entries),
    9 = Compare(comparison, sides),
    10 = Member(sides),
    11 = MemberAt(sides),
});

stored_enum!(Comparison {
    0 = Equal,
    1 = Unequal,
    2 = Less,
    3 = LessOrEqual,
    4 = Greater,
    5 = GreaterOrEqual,
});

stored_enum!(Pattern {
    0 = Any,
    1 = Bind(number: slot),
    2 = Equal(expr),
    3 = Array(items),
    4 = Object(entries),
});
