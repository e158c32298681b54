//! The process dies at every point at which anything has happened since the point before; whoever takes the run up reaches the
//! same end.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use vaultdeck::engine::Runs;
use vaultdeck::model::run::{Choice, Ending, Next};

use super::outside::{Death, Outside, World, begun, carried, done, owner};

/// Carries a run until it dies there; `None` when it ends before.
async fn dies(runs: &Path, death: Death) -> Option<World> {
    let outside = Outside::new(World::fresh());
    *outside.death.lock().unwrap() = Some(death);
    let mut carrier = begun(runs, &outside);
    tokio::select! {
        biased;
        () = outside.died.notified() => {}
        _ = carried(&mut carrier, None) => return None,
    }
    let world = outside.world.lock().unwrap().clone();
    Some(world)
}

/// Journals that the same death may leave: whole, and without each of the lines that were written since the last act.
fn journals(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let since = lines.iter().rposition(|line| line.contains("\"finished\"") || line.contains("\"planned\""));
    (since.unwrap() + 1..=lines.len()).map(|count| lines[..count].concat()).collect()
}

async fn taken_up(journal: &str, world: World, back: bool) -> (Next, Arc<Outside>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("r1.jsonl"), journal).unwrap();
    let outside = Outside::new(world);
    let (mut carrier, torn) = Runs::new(folder.path()).take_up("r1", &owner(), outside.ports()).unwrap();
    assert_eq!(torn, None);
    if back {
        carrier.turn_back().unwrap();
    }
    (carried(&mut carrier, Some(Choice::Retry)).await, outside)
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_and_resumed_reaches_the_same_end() {
    let undisturbed = Outside::new(World::fresh());
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(carried(&mut begun(folder.path(), &undisturbed), None).await, done());
    let end = undisturbed.world.lock().unwrap().shape();
    assert_eq!(end, (2, true, vec!["one".to_owned(), "two".to_owned()], true));
    let mut deaths = 0;
    for number in 0.. {
        let mut met = false;
        for death in [Death::Before(number), Death::After(number)] {
            let folder = tempfile::tempdir().unwrap();
            let Some(world) = dies(folder.path(), death).await else { continue };
            met = true;
            let text = fs::read_to_string(folder.path().join("r1.jsonl")).unwrap();
            let whole = vec![text.clone()];
            let left = if matches!(death, Death::Before(_)) { journals(&text) } else { whole };
            for journal in left {
                deaths += 1;
                let (next, outside) = taken_up(&journal, world.clone(), false).await;
                let calls = outside.calls.lock().unwrap().join("\n");
                assert_eq!(next, done(), "{death:?}\n{journal}\n{calls}");
                assert_eq!(outside.world.lock().unwrap().shape(), end, "{death:?}\n{journal}\n{calls}");
            }
        }
        if !met {
            break;
        }
    }
    assert!(deaths > 20, "{deaths}");
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_can_be_undone() {
    for number in 0.. {
        let mut met = false;
        for death in [Death::Before(number), Death::After(number)] {
            let folder = tempfile::tempdir().unwrap();
            let Some(world) = dies(folder.path(), death).await else { continue };
            met = true;
            let text = fs::read_to_string(folder.path().join("r1.jsonl")).unwrap();
            let (next, outside) = taken_up(&text, world, true).await;
            assert_eq!(next, Next::Ended { ending: Ending::Undone }, "{death:?}\n{text}");
            let world = outside.world.lock().unwrap();
            assert_eq!(world.database, "old password", "{death:?}");
            assert_eq!(world.versions.last().map(String::as_str), Some("old password"), "{death:?}");
            // what may have been delivered is in use; what certainly was not is gone
            for (host, _) in world.issued.values() {
                let begun = format!(r#""started","errand":{{"step":"deliver","host":"{host}"}}"#);
                assert!(text.contains(&begun), "{death:?}: {:?}\n{text}", world.issued);
            }
        }
        if !met {
            break;
        }
    }
}
