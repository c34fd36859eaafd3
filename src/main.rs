//! Parse, trace, dispatch.

use std::process::ExitCode;

use qingfeng::cli::session::Setup;
use qingfeng::cli::{self, Cli, out};
use qingfeng::crash;

fn main() -> ExitCode {
    let _armed = crash::arm();
    let cli: Cli = match cli::usage::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(stop) => return out::stop(&stop),
    };
    let ended = Setup::read(cli.acting_as.as_deref()).and_then(|setup| {
        out::trace(&setup.log(cli.noun.log()));
        cli.noun.run(&setup)
    });
    out::end(ended)
}
