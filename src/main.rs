//! vaultdeck: parse, build the deck, hand it to a face.
fn main() {}
