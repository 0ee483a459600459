//! The words of `serve`.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::config::{Flags, keys};

/// `serve`
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    goldgate serve\n  \
    goldgate serve --data /var/lib/goldgate --log-format json\n  \
    goldgate serve --admission-listen 127.0.0.1:8443 \\\n      \
    --tls-cert tls.crt --tls-key tls.key -e production")]
pub struct ServeArgs {
    /// Where gRPC and HTTP are answered [default: 127.0.0.1:7117]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Where admission reviews are answered; needs --tls-cert and --tls-key
    #[arg(long, value_name = "ADDR")]
    pub admission_listen: Option<String>,
    /// The webhook's certificate chain, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<String>,
    /// The webhook's private key, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,
    /// Certificates that a caller of the webhook must lead to, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<String>,
    /// The environment that the cluster is [default: --environment]
    #[arg(long, value_name = "NAME")]
    pub admission_environment: Option<String>,
    /// How the log is written [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(["text", "json"]))]
    pub log_format: Option<String>,
}

impl ServeArgs {
    /// Adds what this verb's flags say of the configuration.
    pub fn add_flags(&self, flags: &mut Flags) {
        flags.set(&keys::LISTEN, self.listen.clone());
        flags.set(&keys::ADMISSION_LISTEN, self.admission_listen.clone());
        flags.set(&keys::TLS_CERT, self.tls_cert.clone());
        flags.set(&keys::TLS_KEY, self.tls_key.clone());
        flags.set(&keys::TLS_CLIENT_CA, self.tls_client_ca.clone());
        flags.set(&keys::ADMISSION_ENVIRONMENT, self.admission_environment.clone());
        flags.set(&keys::LOG_FORMAT, self.log_format.clone());
    }
}
