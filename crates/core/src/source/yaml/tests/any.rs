//! What holds for any text, made up of pieces, lines and mistakes.

use proptest::prelude::*;

use super::texts::{lines, mutated, pieces};
use super::*;

proptest! {
    #[test]
    fn any_mutated_text(text in mutated()) {
        checked(&text);
    }

    #[test]
    fn any_pieces(text in pieces()) {
        checked(&text);
    }

    #[test]
    fn any_lines(text in lines()) {
        checked(&text);
        checked(text.trim_end());
    }

    #[test]
    fn any_text(text in "\\PC*") {
        checked(&text);
    }

    /// What may stand without quotes is read as it stands, wherever it stands.
    #[test]
    fn what_reads_as_text(text in "[ -~é日]{1,8}|[0-9a-fox_.:+-]{1,6}|[yesnotrufal~]{1,5}") {
        if scalar::reads_as_text(&text) {
            let quoted = serde_json::to_string(&text).unwrap();
            for (around, read) in [
                (format!("k: {text}\n"), format!("{{\"k\":{quoted}}}")),
                (format!("k: {text} # c\n"), format!("{{\"k\":{quoted}}}")),
                (format!("- {text}\n"), format!("[{quoted}]")),
                (format!("{text}\n"), quoted.clone()),
                (format!("{text}: v\n"), format!("{{{quoted}:\"v\"}}")),
                (format!("{{k: {text}, l: {{{text}: v}}}}\n"), format!("{{\"k\":{quoted},\"l\":{{{quoted}:\"v\"}}}}")),
                (format!("[{text},{text}]\n"), format!("[{quoted},{quoted}]")),
            ] {
                prop_assert_eq!(json(&around), read, "{:?}", around);
                prop_assert_eq!(faults(&around), [], "{:?}", around);
            }
        }
    }
}
