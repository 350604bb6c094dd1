//! The program: hands everything to `cli` and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    latigo::cli::helper().unwrap_or_else(|| latigo::cli::main().into())
}
