//! An evening of a newcomer on the guided tour, over an empty pretend fleet, from the first page to the last.

use super::procedures::{Evening, evening};

impl Evening {
    /// From the page of the tour through its action's form, plan and question to the end of the run, and back to the page.
    pub(super) fn does_it(&mut self, id: &str) -> &mut Self {
        self.press("x").goes_through(id)
    }

    /// From a form to the end of the run, and back to what was open.
    pub(super) fn goes_through(&mut self, id: &str) -> &mut Self {
        self.carries_out(id).press("q").looks_again()
    }

    /// From a form to the end of the run.
    fn carries_out(&mut self, id: &str) -> &mut Self {
        self.fills().shows(&format!("plan ▸ {id}")).press("enter");
        if self.stage.text().contains("type demo to confirm") {
            self.types("demo").press("enter");
        }
        if self.stage.text().contains("▸ cancel") {
            self.press("tab enter");
        }
        while self.stage.text().contains("▸ not yet") {
            if self.stage.text().contains("type demo to confirm") {
                self.types("demo");
            }
            self.press("right enter");
        }
        self.shows("✓ done")
    }

    /// Leaves everything as it stands in the form.
    fn fills(&mut self) -> &mut Self {
        for _ in 0..12 {
            let text = self.stage.text();
            if text.contains("plan ▸") {
                return self;
            }
            self.press("enter");
        }
        self
    }
}

#[test]
fn a_newcomer_goes_through_the_tour_in_an_empty_fleet_and_finishes_it() {
    let mut evening = evening("empty").sized(120, 50);
    evening.press(":").types("tour").press("enter").shows("tour, 1 of 10");
    evening
        .shows("how a password reaches authentik")
        .shows("not made yet")
        .shows("✗ secrets")
        .shows("✓ Vault answers");
    evening
        .press("right")
        .shows("tour, 2 of 10")
        .does_it("console-policy")
        .shows("✓ your token may do everything that the actions need");
    evening.press("right").shows("step 1: the policy").shows("✗ the agents' policy is as documented");
    evening.does_it("setup-policy").shows("✓ the agents' policy is as documented");
    evening.press("right").shows("step 2: the role").shows("? the role is not locked: cannot read");
    evening
        .does_it("setup-approle")
        .shows("✓ the role is not locked")
        .shows("✓ the role's tokens live 1h00m");
    evening.press("right").shows("step 3: the secrets").shows("database does not exist");
    evening
        .press("x right")
        .goes_through("seed-secrets")
        .shows("✓ cwiq/shared/authentik/database is there with every key");
    evening.press("right").shows("step 5: deploy").shows("✗ server and worker are healthy");
    evening.does_it("deploy").shows("✓ the agent is logged in").shows("✓ server and worker are healthy");
    evening
        .press("right")
        .shows("step 6: prove it")
        .does_it("verify-secrets")
        .shows("✓ the database takes the values");
    evening
        .press("right")
        .shows("rotate the password")
        .shows("✗ cwiq/shared/authentik/database was written again");
    evening.does_it("rotate-rds-password").shows("✓ cwiq/shared/authentik/database was written again");
    evening.shows("✓ no rotation was left half-way").hides("does not fire").hides("looked and found");
    evening.press("right").shows("break it, and mend it").shows("✓ every container runs");
    evening.press("right").shows("tour, 10 of 10").shows("what stands now").hides("✗");
    let undone = |line: &str| line.trim_start_matches(['▌', ' ']).starts_with('?');
    assert!(!evening.stage.text().lines().any(undone), "{}", evening.stage.text());
    evening.shows("✓ rotate").shows("3 of 3 checks hold").press("right").shows("tour, 10 of 10");
}

#[test]
fn a_run_that_logs_in_to_the_database_counts_as_the_proof_of_its_page() {
    let mut evening = evening("healthy");
    evening.kept_page = Some("rotate".to_owned());
    evening
        .press("9")
        .shows("? the database takes the values")
        .shows("quiet; it would say: server or worker");
    evening.press("x").carries_out("rotate-rds-password").shows("esc goes back to the tour").press("esc");
    evening.shows("✓ the database takes the values");
}

#[test]
fn the_tour_goes_on_where_it_was_left_and_at_its_beginning_where_nothing_is_known() {
    let mut evening = evening("healthy");
    evening.kept_page = Some("verify".to_owned());
    evening.press("9").shows("tour, 7 of 10").press("left").shows("tour, 6 of 10");
    assert_eq!(evening.kept_page.as_deref(), Some("deploy"));
    let mut evening = super::procedures::evening("healthy");
    evening.kept_page = Some("a page of another release".to_owned());
    evening.press("9").shows("tour, 1 of 10");
}

#[test]
fn a_fact_on_a_page_says_why_and_the_page_is_there_again() {
    let mut evening = evening("trouble");
    evening.kept_page = Some("mend".to_owned());
    evening
        .press("9")
        .shows("AG-HEALTHY-DEAD")
        .press("enter")
        .shows("because, newest first")
        .shows("x or enter opens");
    evening.press("esc").hides("because, newest first").shows("tour, 9 of 10");
    evening.press("G enter").shows("check").press("esc q").hides("tour, 9");
}

#[test]
fn turning_pages_and_choosing_lines_asks_nothing_of_the_world() {
    let mut evening = evening("trouble");
    evening
        .press("9 right right j enter")
        .fills()
        .shows("plan ▸ setup-policy")
        .hides("run setup-policy on demo?");
    evening.press("q esc 8").shows("no runs yet");
}

#[test]
fn every_page_is_read_on_a_small_screen_from_its_title_to_its_last_line() {
    let mut evening = evening("trouble").sized(80, 24);
    evening.press("9");
    for page in 1..=10 {
        evening.shows(&format!("tour, {page} of 10")).press("G");
        let text = evening.stage.text();
        assert!(text.contains("▌") && !text.contains("↓"), "{text}");
        evening.press("g right");
    }
}

#[test]
fn the_tour_at_every_size() {
    for (width, height) in super::SIZES {
        let mut evening = evening("trouble").sized(width, height);
        evening.kept_page = Some("deploy".to_owned());
        super::snapshot(&format!("tour_{width}x{height}"), &evening.press("9").stage);
    }
}
