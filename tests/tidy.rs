//! House rules that a compiler does not hold, as tests: who may import whom, how long things may grow, where SQL and
//! people's sentences may stand, and that files which describe each other agree.
//!
//! Every rule is a function over texts that answers findings; beside each stands a bad sample it must find.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

#[path = "tidy/agreement.rs"]
mod agreement;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/literals.rs"]
mod literals;
#[path = "tidy/size.rs"]
mod size;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/words.rs"]
mod words;

use source::{Finding, Source, repository};

/// Fails with every finding on a line of its own: place, then what to do.
#[track_caller]
fn none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

fn each(under: &[&str], rule: fn(&Source) -> Vec<Finding>) -> Vec<Finding> {
    let sources = repository();
    sources.iter().filter(|s| under.iter().any(|folder| s.path.starts_with(folder))).flat_map(rule).collect()
}

fn each_rust(rule: fn(&Source) -> Vec<Finding>) -> Vec<Finding> {
    each(&["src/", "tests/", "benches/"], rule)
}

#[test]
fn the_walk_finds_this_file() {
    assert!(repository().iter().any(|s| s.path == "tests/tidy.rs"));
}

#[test]
fn imports_point_one_way() {
    none(&each(&["src/"], imports::direction));
}

#[test]
fn domain_is_pure() {
    none(&each(&["src/domain"], imports::purity));
}

#[test]
fn only_config_reads_the_environment() {
    none(&each(&["src/"], imports::environment));
}

#[test]
fn files_are_short() {
    none(&each_rust(size::file));
}

#[test]
fn functions_are_short() {
    none(&each_rust(size::functions));
}

#[test]
fn functions_take_few_parameters_and_no_switches() {
    none(&each(&["src/"], size::parameters));
}

#[test]
fn sql_stands_in_the_store() {
    none(&each(&["src/"], literals::sql));
}

#[test]
fn sentences_stand_where_people_are_spoken_to() {
    none(&each(&["src/"], literals::sentences));
}

#[test]
fn nothing_is_put_off() {
    none(&each(&[""], words::put_off));
}

#[test]
fn no_test_is_ignored() {
    none(&each_rust(words::ignored));
}

#[test]
fn no_path_of_one_machine() {
    none(&each(&[""], words::machine_paths));
}

#[test]
fn comments_name_no_issue() {
    none(&each_rust(words::issue_numbers));
}

#[test]
fn env_example_lists_the_keys_of_config() {
    none(&agreement::environment_keys(&repository()));
}

#[test]
fn both_migration_folders_hold_the_same_files() {
    none(&agreement::migration_folders(&repository()));
}

#[test]
fn every_store_function_is_run_by_the_conformance_suite() {
    none(&agreement::store_functions(&repository()));
}

#[test]
fn documents_name_make_targets_that_exist() {
    none(&agreement::make_targets(&repository()));
}

#[test]
fn every_place_to_die_at_is_tried() {
    none(&agreement::crash_points(&repository()));
}

#[test]
fn every_fault_names_its_test() {
    none(&agreement::proved_faults(&repository()));
}

#[test]
fn promises_of_the_readme_name_tests_that_exist() {
    none(&agreement::promised_tests(&repository()));
}
