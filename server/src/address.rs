//! The address that phones reach the server by.

use std::{fmt, str::FromStr};

use serde::Deserialize;
use thiserror::Error;
use url::Url;

/// An origin as browsers write it in `Origin` (RFC 6454, section 6.2): scheme, host in lower case, and a port unless it
/// is the scheme's own. Links and the check of where a request comes from rest on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(String);

#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not an address for phones: it must be http:// or https:// and a host, perhaps with a port, such as \
     https://solsken.example, and nothing after that"
)]
pub struct NotAnAddress(String);

impl Address {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let no = || NotAnAddress(text.to_owned());
        // The parser is as patient as a browser: it takes out spaces, and turns backslashes round.
        let (scheme, rest) = text.split_once("://").ok_or_else(no)?;
        let is_plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
        let has_host_first = !rest.starts_with('/') && !rest.contains('@');
        let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if !is_plain || !has_host_first || !is_web {
            return Err(no());
        }
        let url = Url::parse(text).map_err(|_| no())?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(no());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

impl TryFrom<String> for Address {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        text.parse()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_written_as_browsers_write_an_origin() {
        for (text, origin) in [
            ("https://solsken.example", "https://solsken.example"),
            ("https://solsken.example/", "https://solsken.example"),
            ("HTTPS://Solsken.EXAMPLE:443/", "https://solsken.example"),
            ("http://solsken.example:80", "http://solsken.example"),
            ("https://solsken.example:80", "https://solsken.example:80"),
            ("http://solsken.example:443", "http://solsken.example:443"),
            ("http://192.168.1.7:8080", "http://192.168.1.7:8080"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://sölsken.example", "https://xn--slsken-wxa.example"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.as_str(), origin, "{text}");
            assert_eq!(address.is_https(), origin.starts_with("https:"));
            assert_eq!(origin.parse(), Ok(address), "what was normalised stays as it is");
        }
    }

    #[test]
    fn address_of_another_shape_is_refused_with_what_is_expected() {
        for text in [
            "",
            " ",
            "solsken.example",
            "solsken.example:8080",
            "//solsken.example",
            "https:solsken.example",
            "https:/solsken.example",
            "https:///solsken.example",
            "https://",
            "https://:8080",
            "ftp://solsken.example",
            "file:///etc/passwd",
            "javascript://solsken.example",
            "https://solsken.example/under",
            "https://solsken.example//",
            "https://solsken.example?",
            "https://solsken.example/?a=b",
            "https://solsken.example#",
            "https://elin@solsken.example",
            "https://elin:secret@solsken.example",
            "https://@solsken.example",
            "https://solsken.example:port",
            "https://solsken.example:65536",
            "https://solsken example",
            " https://solsken.example",
            "https://solsken.example\n",
            "https://solsken.example\\under",
        ] {
            let refused = text.parse::<Address>().unwrap_err().to_string();
            assert!(refused.contains("such as https://solsken.example"), "{text:?}: {refused}");
            assert!(!refused.contains('\n'), "one sentence: {refused}");
        }
    }
}
