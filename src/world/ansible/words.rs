//! `ansible_ssh_common_args` and its kin as the words ssh gets, split where a shell would split them.

/// Words in order. Quotes and backslashes are as in a POSIX shell; nothing is expanded. An open quote ends at the end.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (character, Some(open)) if character == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(characters.next()),
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (character, None) if character.is_whitespace() => words.extend(word.take()),
            (character, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::world::ssh::quoted;

    #[test]
    fn words_are_split_as_a_shell_would() {
        assert_eq!(split("  -o  A=b\t-F '/a b' "), ["-o", "A=b", "-F", "/a b"]);
        assert_eq!(
            split(r#"-o ProxyCommand="ssh -W \"%h\":%p b" c\ d '' "#),
            ["-o", "ProxyCommand=ssh -W \"%h\":%p b", "c d", ""]
        );
        assert!(split(" ").is_empty());
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_split_back(words in prop::collection::vec(".*", 0..5)) {
            let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(split(&line), words);
        }
    }
}
