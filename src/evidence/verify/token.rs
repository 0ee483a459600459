//! The frame of an RFC 3161 timestamp: what its signature does not cover.
//!
//! The verifying crate checks what is signed and passes over the names of algorithms, the versions and the status around
//! it. A frame that lies proves nothing false, but no authority wrote it, so it is refused.
//!
//! Source: RFC 3161, section 2.4.2; RFC 5652, section 5; RFC 5754, section 3.

use crate::domain::evidence::code::RejectionCode;
use crate::evidence::verify::rejection::Rejection;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
const NULL: u8 = 0x05;
const OCTETS: u8 = 0x04;
/// `[0]` and `[1]`, constructed.
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TIMESTAMP_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// A digest and the signature scheme that goes with it: SHA-256, SHA-384 and SHA-512 with ECDSA.
const SCHEMES: [(&[u8], &[u8]); 3] = [
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
    ),
];

/// Refuses a token whose frame is not what the specifications say.
pub(super) fn check_frame(token: &[u8]) -> Result<(), Rejection> {
    frame(token).ok_or_else(|| {
        Rejection::new(
            RejectionCode::TimestampInvalid,
            "the timestamp is not framed as RFC 3161 says: one signer, ECDSA, granted",
        )
    })
}

fn frame(token: &[u8]) -> Option<()> {
    let mut whole = Der(token);
    let mut response = Der(whole.take(SEQUENCE)?);
    whole.end()?;
    // Behind the status there may be words for people.
    let granted = Der(response.take(SEQUENCE)?).take(INTEGER)? == [0];
    let mut content = Der(response.take(SEQUENCE)?);
    response.end()?;
    let is_signed_data = content.take(OBJECT_ID)? == SIGNED_DATA;
    let mut explicit = Der(content.take(CONTEXT_0)?);
    content.end()?;
    let signed_data = explicit.take(SEQUENCE)?;
    explicit.end()?;
    (granted && is_signed_data).then_some(())?;
    check_signed_data(Der(signed_data))
}

fn check_signed_data(mut data: Der<'_>) -> Option<()> {
    let version = data.take(INTEGER)?;
    let mut digests = Der(data.take(SET)?);
    let digest = algorithm(&mut digests)?;
    digests.end()?;
    let mut content = Der(data.take(SEQUENCE)?);
    let content_type = content.take(OBJECT_ID)?;
    Der(content.take(CONTEXT_0)?).take(OCTETS)?;
    content.end()?;
    data.skip(CONTEXT_0); // certificates, which nobody reads
    data.skip(CONTEXT_1); // revocation lists
    let mut signers = Der(data.take(SET)?);
    data.end()?;
    let signer = signers.take(SEQUENCE)?;
    signers.end()?;
    (version == [3] && content_type == TIMESTAMP_INFO).then_some(())?;
    check_signer(Der(signer), digest)
}

fn check_signer(mut signer: Der<'_>, digest: &[u8]) -> Option<()> {
    let version = signer.take(INTEGER)?;
    // Version 1 names the signer by issuer and number, version 3 by its key.
    let named = if signer.skip(SEQUENCE) { [1] } else { [3] };
    if named == [3] && !signer.skip(0x80) && !signer.skip(CONTEXT_0) {
        return None;
    }
    let own_digest = algorithm(&mut signer)?;
    signer.take(CONTEXT_0)?; // signed attributes
    let scheme = algorithm(&mut signer)?;
    signer.take(OCTETS)?;
    signer.skip(CONTEXT_1); // unsigned attributes
    signer.end()?;
    (version == named && own_digest == digest && SCHEMES.contains(&(digest, scheme))).then_some(())
}

/// The object id of an algorithm without parameters.
fn algorithm<'d>(der: &mut Der<'d>) -> Option<&'d [u8]> {
    let mut algorithm = Der(der.take(SEQUENCE)?);
    let id = algorithm.take(OBJECT_ID)?;
    if algorithm.end().is_none() && !algorithm.take(NULL)?.is_empty() {
        return None;
    }
    algorithm.end()?;
    Some(id)
}

/// DER that is yet to be read.
#[derive(Clone, Copy, Debug)]
struct Der<'d>(&'d [u8]);

impl<'d> Der<'d> {
    /// The content of the next element, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        if *found != tag {
            return None;
        }
        self.0 = rest;
        Some(content)
    }

    /// Passes over the next element if it has this tag; says whether it had.
    fn skip(&mut self, tag: u8) -> bool {
        self.take(tag).is_some()
    }

    /// That nothing is left.
    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
        let content = content.concat();
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let mut out = vec![tag];
        if high == 0 && low < 0x80 {
            out.push(low);
        } else {
            out.extend([0x82, high, low]);
        }
        out.extend(content);
        out
    }

    fn token(status: u8, digest: &[u8], scheme: &[u8]) -> Vec<u8> {
        let id = |id: &[u8]| element(SEQUENCE, &[&element(OBJECT_ID, &[id])]);
        let signer = element(
            SEQUENCE,
            &[
                &element(INTEGER, &[&[1]]),
                &element(SEQUENCE, &[]),
                &id(digest),
                &element(CONTEXT_0, &[]),
                &id(scheme),
                &element(OCTETS, &[&[0; 70]]),
            ],
        );
        let info = element(CONTEXT_0, &[&element(OCTETS, &[b"info"])]);
        let info = element(SEQUENCE, &[&element(OBJECT_ID, &[TIMESTAMP_INFO]), &info]);
        let signed_data = element(
            SEQUENCE,
            &[
                &element(INTEGER, &[&[3]]),
                &element(SET, &[&id(digest)]),
                &info,
                &element(SET, &[&signer]),
            ],
        );
        let content = element(
            SEQUENCE,
            &[&element(OBJECT_ID, &[SIGNED_DATA]), &element(CONTEXT_0, &[&signed_data])],
        );
        let status = element(SEQUENCE, &[&element(INTEGER, &[&[status]])]);
        element(SEQUENCE, &[&status, &content])
    }

    #[test]
    fn a_granted_token_by_one_signer_is_framed_well() {
        for (digest, scheme) in SCHEMES {
            assert!(check_frame(&token(0, digest, scheme)).is_ok());
        }
    }

    #[test]
    fn a_token_that_was_not_granted_is_refused() {
        let (digest, scheme) = SCHEMES[0];
        assert!(check_frame(&token(2, digest, scheme)).is_err());
    }

    #[test]
    fn digest_and_scheme_have_to_agree() {
        assert!(check_frame(&token(0, SCHEMES[0].0, SCHEMES[1].1)).is_err());
    }

    #[test]
    fn no_flipped_bit_and_no_cut_makes_it_panic() {
        let (digest, scheme) = SCHEMES[0];
        let good = token(0, digest, scheme);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let _ = check_frame(&bad);
            let _ = check_frame(&good[..bit / 8]);
        }
    }
}
