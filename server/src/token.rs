//! The secret that callers show: read from a file, or made and kept there.

use rand::TryRngCore;
use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq;

/// Random bytes of a token that is made here.
const RANDOM_BYTES: usize = 32;

/// A token file that is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the token file {path}: {why}")]
pub struct TokenError {
    pub path: PathBuf,
    pub why: String,
}

/// A bearer token. Its text is shown by nothing, `Debug` included.
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Reads the token; a file that does not exist is made, readable by its owner only, with a
    /// random token in it.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds anything but one token.
    pub fn read_or_create(path: &Path) -> Result<Token, TokenError> {
        let failed = |why: String| TokenError { path: path.to_owned(), why };
        match std::fs::read_to_string(path) {
            Ok(text) => Token::new(&text).map_err(failed),
            Err(e) if e.kind() == ErrorKind::NotFound => create(path).map_err(|e| failed(e.to_string())),
            Err(e) => Err(failed(e.to_string())),
        }
    }

    /// # Errors
    /// Says what is wrong when `text` is not one token in characters that a header can carry.
    pub fn new(text: &str) -> Result<Token, String> {
        let token = text.trim();
        if token.is_empty() {
            return Err("it is empty; write a token into it, or delete it to have one made".into());
        }
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("it holds more than one token, or characters that are not plain ASCII".into());
        }
        Ok(Token(token.to_owned()))
    }

    /// Compares in a time that does not depend on where the two differ.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

fn create(path: &Path) -> std::io::Result<Token> {
    let mut random = [0u8; RANDOM_BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut random).map_err(std::io::Error::other)?;
    let token: String = random.iter().map(|b| format!("{b:02x}")).collect();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(path)?, "{token}")?;
    Ok(Token(token))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_made_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let made = Token::read_or_create(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.trim().len(), 2 * RANDOM_BYTES);
        assert!(made.matches(text.trim()) && !made.matches("") && !made.matches(&text.trim()[1..]));
        assert!(Token::read_or_create(&path).unwrap().matches(text.trim()), "the second time it is read");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!format!("{made:?}").contains(text.trim()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for text in ["", "\n", "two tokens", "schlüssel"] {
            std::fs::write(&path, text).unwrap();
            assert!(Token::read_or_create(&path).unwrap_err().to_string().contains("token"), "{text:?}");
        }
        assert!(Token::read_or_create(&folder.path().join("no/such/folder")).is_err());
    }
}
