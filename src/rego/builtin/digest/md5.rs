//! MD5, which no maintained library of ours has any more: policies compare checksums that others publish with it.
//!
//! Source: RFC 1321.

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The hash of the parts one after the other.
pub(super) fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut message = parts.concat();
    let n_bits = u64::try_from(message.len()).unwrap_or_default().wrapping_mul(8);
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend_from_slice(&n_bits.to_le_bytes());
    let (blocks, _) = message.as_chunks::<64>();
    let state = blocks.iter().fold([0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476], mixed);
    let mut digest = [0; 16];
    for (target, word) in digest.chunks_mut(4).zip(state) {
        target.copy_from_slice(&word.to_le_bytes());
    }
    digest
}

fn mixed(state: [u32; 4], block: &[u8; 64]) -> [u32; 4] {
    let (words, _) = block.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let [mut a, mut b, mut c, mut d] = state;
    for step in 0..64_u32 {
        let (mix, position) = match step / 16 {
            0 => (b & c | !b & d, step),
            1 => (d & b | !d & c, (5 * step + 1) % 16),
            2 => (b ^ c ^ d, (3 * step + 5) % 16),
            _ => (c ^ (b | !d), 7 * step % 16),
        };
        let index = |number: u32| usize::try_from(number).unwrap_or_default();
        let word = words.get(index(position)).copied().unwrap_or_default();
        let shift = SHIFTS.get(index(step / 16)).and_then(|row| row.get(index(step % 4))).copied();
        let sum = a.wrapping_add(mix).wrapping_add(constant(step)).wrapping_add(word);
        let rotated = b.wrapping_add(sum.rotate_left(shift.unwrap_or_default()));
        (a, b, c, d) = (d, rotated, b, c);
    }
    let [first, second, third, fourth] = state;
    [first.wrapping_add(a), second.wrapping_add(b), third.wrapping_add(c), fourth.wrapping_add(d)]
}

/// The integer part of 2^32 times the sine of the step.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 2^32 by construction"
)]
fn constant(step: u32) -> u32 {
    (f64::from(step + 1).sin().abs() * 4_294_967_296.0) as u32
}
