//! The arguments of `iscdesk sandbox`.

use std::path::PathBuf;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Port for HTTP on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Port for HTTPS on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    pub tls_port: u16,
    /// Folder for root.pem and requests.jsonl; default: a temporary one, removed at the end
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// The access key that signed requests must name; default: made up at the start
    #[arg(long, requires = "secret_key")]
    pub access_key: Option<String>,
    /// The secret key that requests must be signed with; default: made up at the start
    #[arg(long, requires = "access_key")]
    pub secret_key: Option<String>,
    /// Accept unsigned requests with this bearer token as well (relay mode)
    #[arg(long)]
    pub bearer: Option<String>,
    /// Keep the licences in this file: read at the start, written at every change
    #[arg(long)]
    pub state: Option<PathBuf>,
    /// Serve the files of this folder below /feed/, on both ports: an upgrade feed and its packages
    #[arg(long, value_name = "DIR")]
    pub feed: Option<PathBuf>,
    /// Stop when stdin closes, so that the sandbox never outlives the script that started it
    #[arg(long)]
    pub exit_with_stdin: bool,
}
