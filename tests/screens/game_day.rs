//! Game days: each exercise is played from the pager to its score, with the console's own means.

use super::procedures::{Evening, evening};

impl Evening {
    /// From the list to the broken fleet, a few minutes later.
    pub(super) fn plays(&mut self, id: &str) -> &mut Self {
        self.press("P").shows("EXERCISES, FROM THE EASY ONES");
        while !self.stage.text().lines().any(|line| line.contains("▌") && line.contains(id)) {
            self.press("j");
        }
        self.press("enter").shows(&format!("begin the exercise {id}?")).shows("▸ not now");
        self.press("tab enter").shows("PAGER").minutes(2).press("1").shows("game day 2m")
    }

    /// Chooses a cause by its words.
    fn names(&mut self, cause: &str) -> &mut Self {
        self.press("P g");
        for _ in 0..8 {
            if self.stage.text().lines().any(|line| line.contains("▌") && line.contains(cause)) {
                return self.press("enter").shows("is that the cause?").shows("▸ look on").press("tab enter");
            }
            self.press("j");
        }
        panic!("no such cause:\n{}", self.stage.text());
    }

    #[track_caller]
    fn scores(&mut self, points: &str) -> &mut Self {
        self.press("P")
            .shows("Repaired after")
            .shows(&format!("{points} of 100 points"))
            .shows("THE SHORTEST WAY")
    }
}

#[test]
fn a_killed_agent_is_found_by_its_exit_code_and_its_log_and_started_again() {
    let mut evening = evening("healthy");
    evening
        .plays("quiet-host")
        .shows("authentik-2")
        .press("enter")
        .shows("137")
        .press("L")
        .shows("authentik-2 ▸");
    evening
        .press("esc esc")
        .does_it("fix-render")
        .minutes(1)
        .scores("100")
        .shows("✓ its log (L)")
        .hides("✗ ");
}

#[test]
fn a_destroyed_secret_id_is_told_from_a_bad_one_and_replaced() {
    let mut evening = evening("healthy");
    evening.plays("after-patching").press("enter").shows("none live").press("L esc esc 2 1 h");
    evening.does_it("fix-agent-auth").minutes(20).scores("100");
}

#[test]
fn a_locked_role_is_unlocked() {
    let mut evening = evening("healthy");
    evening.plays("everybody-refused").press("enter").shows("locked").press("esc 2 1");
    evening.does_it("fix-agent-auth").minutes(6).scores("100");
}

#[test]
fn a_sealed_vault_is_named_and_unsealed_by_others_and_guesses_cost() {
    let mut evening = evening("healthy");
    evening
        .plays("all-red")
        .shows("sealed")
        .press("2 4 L")
        .names("the role is locked")
        .shows("that is not it");
    evening.names("Vault was restarted").looks_again().scores("90").shows("-10 for 1 wrong causes named");
    evening.shows("three holders of key shares");
}

#[test]
fn an_address_that_drifted_is_proved_wrong_by_a_login_and_put_right() {
    let mut evening = evening("healthy");
    evening.plays("wrong-door").press("3 6").looks_again().shows("does not resolve");
    evening.opens("update-rds-endpoint").goes_through("update-rds-endpoint").minutes(6).scores("100");
}

#[test]
fn a_rotation_that_somebody_left_is_taken_over() {
    let mut evening = evening("healthy");
    evening.plays("half-way").press("3 6").shows("password refused").opens("rotate-rds-password");
    evening.press("tab tab backspace backspace backspace backspace").types("20261120-031207-d1ed");
    evening.goes_through("rotate-rds-password").minutes(1).scores("100");
}

#[test]
fn a_full_tmpfs_is_read_from_the_log_and_mended_outside() {
    let mut evening = evening("healthy");
    evening
        .plays("no-room")
        .minutes(6)
        .press("4 j enter")
        .shows("cannot write .env")
        .press("L")
        .shows("authentik-2 ▸");
    evening.press("esc 1 3").names("the tmpfs that .env lies on is full").minutes(6).scores("100");
}

#[test]
fn a_clock_that_is_wrong_is_named() {
    let mut evening = evening("healthy");
    evening.plays("odd-hours").press("tab").shows("the clock of authentik-3 is 412 s ahead").press("enter");
    evening.names("its clock is minutes ahead").looks_again().scores("100");
}

#[test]
fn hints_cost_what_they_say_and_who_gives_up_is_told_the_way() {
    let mut evening = evening("healthy");
    evening
        .plays("quiet-host")
        .press("P")
        .shows("the next one costs 5 points")
        .press("j enter")
        .shows("take a hint for 5 points?")
        .press("enter")
        .hides("Hint:")
        .press("enter tab enter")
        .shows("Hint: Home puts");
    evening.shows("worth 85.").press("G enter").shows("▸ go on").press("enter").shows("PAGER");
    evening
        .press("G enter tab enter")
        .shows("Given up after")
        .shows("0 of 100")
        .shows("x on it opens fix-render");
}

#[test]
fn nothing_that_costs_is_done_by_one_key_and_the_cursor_never_slides_onto_the_end() {
    let mut evening = evening("healthy");
    evening
        .plays("all-red")
        .press("P")
        .shows("▌   look")
        .press("enter")
        .hides("game day   ")
        .shows("NEXT TO EXPIRE");
    evening.press("P j enter").shows("is that the cause?").shows("it costs 10 points").press("enter");
    evening
        .hides("that is not it")
        .hides("✗ the role")
        .names("Vault was restarted")
        .shows("▌   look")
        .hides("▌   give up");
    evening.press("enter").hides("give the exercise up?");
}

#[test]
fn a_result_begins_at_its_top_and_is_scrolled_by_the_keys() {
    let mut evening = evening("healthy").sized(80, 16);
    evening.plays("quiet-host").press("P G enter tab enter").shows("Given up after").shows("↓");
    evening.press("G").hides("Given up after").shows("half-way");
    evening
        .press("g")
        .shows("Given up after")
        .press("ctrl-d")
        .hides("Given up after")
        .press("ctrl-u ctrl-u ctrl-u ctrl-u");
    evening.shows("Given up after").press("ctrl-d ctrl-d ctrl-d k k k k k k k k k k k k k k k k k k k k k k");
    evening.shows("Given up after");
}

#[test]
fn evidence_counts_wherever_it_was_read() {
    let mut evening = evening("healthy");
    evening.plays("everybody-refused").press("tab");
    evening.press("enter").shows("ROLE-LOCKED").shows("login answered with 403").press("esc P");
    evening.shows("Evidence that helps: 2 of 2 seen");
}

#[test]
fn what_the_pager_tells_of_can_be_found_when_it_comes() {
    evening("healthy").plays("half-way").shows("joe@laptop").hides("nothing is wrong");
    evening("healthy").plays("no-room").shows("authentik-2").shows("cannot write").hides("nothing is wrong");
}

#[test]
fn what_is_said_in_passing_stays_for_as_long_as_our_own_clock_says_however_far_the_fleets_leaps() {
    let ours = |second: i64| jiff::Timestamp::from_second(second).unwrap();
    let mut evening = evening("healthy");
    evening.stage.by_our_clock(ours(100));
    evening.press("o").shows("no run is in hand").minutes(30).shows("no run is in hand");
    evening.stage.by_our_clock(ours(106));
    evening.minutes(0).hides("no run is in hand");
}

#[test]
fn the_top_line_leaves_out_whole_what_does_not_fit_and_keeps_the_clock() {
    for width in [60, 80, 100, 120, 200] {
        let mut evening = evening("empty").sized(width, 30);
        evening.press("P");
        evening.stage.take(vaultdeck::tui::app::Message::Drilled(Ok(())));
        evening.runs("seed-secrets").press("esc 1");
        let text = evening.stage.text();
        let line = text.lines().next().unwrap();
        assert!(line.starts_with(" demo  ? seed-secrets"), "{line}");
        assert!(line.ends_with("14:02Z") || line.ends_with("14:03Z"), "{line}");
        for part in line.split("   ").map(str::trim).filter(|part| !part.is_empty()).skip(1) {
            let known =
                ["vault ", "token ", "rds ", "14:0", "game day "].iter().any(|start| part.starts_with(start));
            assert!(known, "`{part}` in {line}");
        }
    }
}

#[test]
fn an_exercise_does_not_begin_in_a_fleet_that_has_its_trouble_already() {
    let mut evening = evening("trouble");
    evening
        .press("P")
        .press("j j j j j enter")
        .shows("this fleet is not well enough for it")
        .hides("begin the exercise");
}

#[test]
fn nothing_is_broken_for_practice_in_a_deployment_that_somebody_depends_on() {
    let mut evening = evening("healthy");
    evening.stage.becomes_prod();
    evening.press("P enter").shows("nothing is broken for practice here").hides("begin the exercise");
}

#[test]
fn the_pretend_clock_is_hurried_by_a_key_the_header_says_so_and_what_is_said_stays_readable() {
    let mut evening = evening("healthy");
    evening.hides("×").press("F").shows("×10 14:02Z").shows("runs 10 times as fast");
    evening.stage.at("2026-11-22T14:02:50Z".parse().unwrap());
    evening.shows("runs 10 times as fast");
    evening.stage.at("2026-11-22T14:02:52Z".parse().unwrap());
    evening
        .hides("runs 10 times as fast")
        .press("F F")
        .shows("×600")
        .press("F")
        .hides("×")
        .shows("as here again");
    evening.stage.becomes_prod();
    evening.press("F").hides("×").shows("only the time of the pretend fleet can run faster");
}

#[test]
fn a_game_day_at_every_size() {
    for (width, height) in super::SIZES {
        let mut evening = evening("healthy").sized(width, height);
        super::snapshot(&format!("game_day_{width}x{height}"), &evening.plays("all-red").press("P").stage);
    }
}
