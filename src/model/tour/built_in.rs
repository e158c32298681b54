//! The pages that vaultdeck brings: `src/tour/*.toml`, compiled in.

use std::sync::LazyLock;

use super::Page;
use crate::model::trouble::Trouble;

macro_rules! texts {
    ($($id:literal)*) => {
        /// Id and text of each, in the order of a deployment's life.
        const TEXTS: &[(&str, &str)] = &[$(($id, include_str!(concat!("../../tour/", $id, ".toml")))),*];
    };
}

texts! {
    "flow"
    "console"
    "policy"
    "approle"
    "secrets"
    "deploy"
    "verify"
    "rotate"
    "mend"
    "end"
}

static PAGES: LazyLock<Result<Vec<Page>, Trouble>> = LazyLock::new(|| {
    let read = |(id, text): &(&str, &str)| {
        toml::from_str(text).map_err(|error| Trouble::new(format!("page {id} of the tour")).because(error))
    };
    TEXTS.iter().map(read).collect()
});

/// Every page, in the order of a deployment's life.
///
/// # Errors
/// Trouble when one of them is not understood, which no release has.
pub fn pages() -> Result<&'static [Page], Trouble> {
    PAGES.as_deref().map_err(Trouble::clone)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::runbook;

    #[test]
    fn every_page_is_understood_and_names_what_there_is() {
        let pages = pages().unwrap();
        let ids: Vec<_> = pages.iter().map(|page| page.id.as_str()).collect();
        assert_eq!(ids, TEXTS.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        let actions = runbook::built_in().unwrap();
        for page in pages {
            let named = |action: &String| actions.iter().any(|runbook| runbook.id == *action);
            assert!(page.action.iter().all(named), "{}", page.id);
            assert!(page.shows.iter().all(super::super::Exhibit::is_known), "{}", page.id);
            assert!(!page.prose.is_empty() && page.prose.len() <= 3, "{}", page.id);
        }
    }

    #[test]
    fn the_pages_follow_the_steps_of_the_documentation_in_their_order() {
        let actions: Vec<_> = pages().unwrap().iter().filter_map(|page| page.action.as_deref()).collect();
        let order: Vec<_> = runbook::built_in().unwrap().iter().map(|runbook| runbook.id.as_str()).collect();
        let setup = actions.iter().filter(|action| **action != "verify-secrets");
        let places: Vec<_> = setup.map(|action| order.iter().position(|id| id == action)).collect();
        assert!(places.is_sorted(), "{actions:?}");
        assert_eq!(actions.iter().collect::<BTreeSet<_>>().len(), actions.len(), "{actions:?}");
    }
}
