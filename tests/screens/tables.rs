//! Evenings with many rows: which are shown, and in which order.

use super::procedures::evening;
use super::stage::stage;

#[test]
fn letters_patterns_and_their_reverse_filter_every_table() {
    stage().press("4 /").paste("~ak2").shows("authentik-2").hides("authentik-1");
    stage().press("4 /").paste("=~ik-[12]$").shows("authentik-2").hides("authentik-3");
    stage().press("4 /").paste("!=~ik-[12]$").shows("authentik-3").hides("authentik-1");
    stage().press("2 /").paste("=~^ACCESSOR|dangling|seal").shows("unsealed").hides("token lives");
    stage().press("3 /").paste("~vers8").shows("version 8").hides("version 7");
    stage().press("6 /").paste("!instance").hides("instance");
    evening("trouble").press("7 /").types("=~^rotate").shows("rotate-secret-key").hides("deploy ");
}

#[test]
fn a_pattern_that_is_none_is_told_and_hides_nothing() {
    stage()
        .press("4 /")
        .paste("=~authentik-(")
        .shows("✗ no regular expression yet, so every row is shown")
        .shows("authentik-1")
        .shows("authentik-3")
        .paste("3)")
        .hides("no regular expression")
        .hides("authentik-1");
}

#[test]
fn a_filter_that_nothing_passes_says_so() {
    stage().press("2 /").paste("zzz").shows("nothing here has these words");
    evening("trouble").press("8 /").types("zzz").shows("no run");
}
