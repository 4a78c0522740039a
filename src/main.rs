//! The program: parse, run, turn an error into a message and an exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

// The system's allocator hands memory back late under many threads; intake lives on short-lived buffers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    coldcase::cli::main()
}
