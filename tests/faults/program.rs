//! The program under test: one build for the whole run, even when somebody builds another meanwhile.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;

static KEPT: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let built = Path::new(env!("CARGO_BIN_EXE_qingfeng"));
    let folder = tempfile::tempdir_in(built.parent().unwrap()).unwrap();
    let kept = folder.path().join("qingfeng");
    std::fs::hard_link(built, &kept).or_else(|_| std::fs::copy(built, &kept).map(drop)).unwrap();
    (folder, kept)
});

/// Where it is.
pub(crate) fn path() -> &'static Path {
    &KEPT.1
}

/// Removes it at the end of the run.
pub(crate) fn forget() {
    drop(std::fs::remove_dir_all(KEPT.0.path()));
}
