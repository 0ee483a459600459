//! DER, as certificates and keys are written: elements with a tag and a length. Source: X.690.

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    /// With tag and length.
    pub(super) whole: &'a [u8],
    pub(super) content: &'a [u8],
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let bytes = self.0;
        let (tag, length, header) = match bytes {
            [tag, length @ 0..=0x7f, ..] => (*tag, usize::from(*length), 2),
            [tag, count @ 0x81..=0x84, ..] => {
                let count = usize::from(count & 0x7f);
                let digits = bytes.get(2..2 + count)?;
                let length =
                    digits.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
                (*tag, length, 2 + count)
            }
            _ => return None,
        };
        // Tags of several bytes do not occur in certificates.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let whole = bytes.get(..header.checked_add(length)?)?;
        self.0 = bytes.get(whole.len()..)?;
        Some(Element { tag, whole, content: whole.get(header..)? })
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next element, if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.expect(tag)?;
        *self = ahead;
        Some(element)
    }
}

impl<'a> Element<'a> {
    pub(super) fn inside(&self) -> Reader<'a> {
        Reader(self.content)
    }

    /// The bytes of a positive integer without the zero before them.
    pub(super) fn magnitude(&self) -> &'a [u8] {
        match self.content {
            [0, rest @ ..] if !rest.is_empty() => rest,
            other => other,
        }
    }

    /// The bytes of a bit string of whole bytes.
    pub(super) fn bits(&self) -> Option<&'a [u8]> {
        self.content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bits)| bits)
    }

    /// The numbers of an object identifier.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut numbers = Vec::new();
        let mut number = 0_u64;
        for byte in self.content {
            number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                numbers.push(number);
                number = 0;
            }
        }
        if let Some(first) = numbers.first().copied() {
            let root = (first / 40).min(2);
            numbers.splice(0..1, [root, first - root * 40]);
        }
        numbers
    }
}
