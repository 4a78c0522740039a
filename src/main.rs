//! The program: parse, run, turn an error into a message and an exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    coldcase::cli::main()
}
