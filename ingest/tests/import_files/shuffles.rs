//! Order and pieces: the same rows are the same readings.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::memory::{Memory, run, study, written};

const HEADER: &str = "Id,Time,HeartRate,Steps";

/// A row at a minute of the week in which Paris changes its clocks, in spring or in autumn.
fn row() -> impl Strategy<Value = String> {
    let day = select(vec!["2016-03-26", "2016-03-27", "2016-10-30", "2016-10-31"]);
    let cell = prop_oneof![4 => (0..180_i64).prop_map(|n| n.to_string()), 1 => Just(String::new()), 1 => Just("?".into())];
    (0..3_u8, day, 0..4_u32, 0..60_u32, cell.clone(), cell).prop_map(
        |(id, day, hour, minute, heart, steps)| {
            format!("p{id},{day} {hour:02}:{minute:02}:00,{heart},{steps}")
        },
    )
}

fn import_pieces(rows: &[String], pieces: usize) -> (Memory, u64, u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut memory = Memory::default();
    for (number, piece) in rows.chunks(rows.len().div_ceil(pieces).max(1)).enumerate() {
        written(folder.path(), &format!("{number}.csv"), format!("{HEADER}\n{}\n", piece.join("\n")));
    }
    let summary = run(folder.path(), &study("Europe/Paris"), &mut memory).expect("an import");
    (memory, summary.accepted, summary.rejected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_and_shuffles_give_the_same_readings(
        rows in prop::collection::vec(row(), 1..300),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 0..300),
        pieces in 1..5_usize,
    ) {
        let whole = import_pieces(&rows, 1);
        let mut shuffled = rows.clone();
        for (a, b) in swaps {
            shuffled.swap(a.index(rows.len()), b.index(rows.len()));
        }
        let parts = import_pieces(&shuffled, pieces);
        prop_assert_eq!(&parts.0.readings, &whole.0.readings);
        prop_assert_eq!((parts.1, parts.2), (whole.1, whole.2));
    }
}
