//! The C ABI as C programs meet it: the sources in `tests/c`, linked either way, each with a hard time limit.

#![cfg(target_os = "linux")]

#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;

use programs::{Link, Program};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
/// Valgrind takes twenty times as long.
const VALGRIND_LIMIT: Duration = Duration::from_secs(300);

const MODERN_C: &str = "-std=gnu11";

fn c_program(source: &str, link: Link) -> Option<Program> {
    need::need("cc").then(|| programs::build("cc", source, &[MODERN_C], link))
}

/// Runs it, linked either way, with its own folder as the only argument.
fn both_ways(source: &str) {
    for link in [Link::Shared, Link::Static] {
        if let Some(program) = c_program(source, link) {
            program.run(&[program.folder()], LIMIT);
        }
    }
}

fn by_valgrind(source: &str) {
    if !need::need("valgrind") {
        return;
    }
    if let Some(program) = c_program(source, Link::Shared) {
        program.run_by_valgrind(&[program.folder()], VALGRIND_LIMIT);
    }
}

#[test]
fn numbers_sizes_and_prototypes_are_the_contracts() {
    both_ways("layout.c");
}

#[test]
fn a_cpp_program_links_either_way() {
    for link in [Link::Shared, Link::Static] {
        if need::need("c++") {
            programs::build("c++", "layout.cpp", &["-std=c++11"], link).run(&[], LIMIT);
        }
    }
}

#[test]
fn whatever_is_passed_is_answered() {
    both_ways("bad_input.c");
}

#[test]
fn strings_out_keep_the_convention() {
    both_ways("strings_out.c");
}

#[test]
fn the_last_error_is_each_threads_own() {
    both_ways("last_error.c");
}

#[test]
fn licences_that_are_not_there_are_told_so() {
    both_ways("info.c");
}

#[test]
fn handles_come_to_an_end_and_are_there_again() {
    both_ways("many.c");
}

#[test]
fn handles_are_released_while_others_use_them() {
    both_ways("release.c");
}

#[test]
fn a_child_process_gets_its_own() {
    both_ways("fork.c");
}

fn unload(how: &str) {
    if let Some(program) = c_program("unload.c", Link::Not) {
        let arguments = [&programs::shared(), program.folder(), Path::new(how)];
        program.run(&arguments, LIMIT);
    }
}

#[test]
fn it_is_truly_unloaded() {
    unload("plain");
}

#[test]
fn it_is_truly_unloaded_after_a_client() {
    unload("client");
}

#[test]
fn valgrind_finds_nothing() {
    by_valgrind("bad_input.c");
    by_valgrind("strings_out.c");
    by_valgrind("last_error.c");
}
