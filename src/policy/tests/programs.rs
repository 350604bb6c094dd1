//! The table itself: no doubles, and spellings that the reader of options understands.

use super::table;

#[test]
fn every_program_is_found_by_its_name() {
    for name in ["ls", "cat", "grep", "rg", "sort", "sha256sum", "df"] {
        assert!(table::find(name).is_some_and(|program| program.name == name), "{name}");
    }
    assert!(table::find("rm").is_none());
}
