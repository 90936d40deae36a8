//! Secrets that people and phones are given, and the key that never leaves the machine.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use domain::sync::wire::{Hex, SigningKey, unhex};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{clock::random, store::SecretHash};

/// Letters and digits that are not mistaken for each other when read aloud or from a note.
const CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_CHARS: usize = 6;

/// A token of 256 random bits, for a cookie or a push credential.
pub fn token() -> String {
    Hex(&random::<32>()).to_string()
}

/// A token that says, under the server's mark, for whom it was made: `random.content.mark`, in hexadecimal.
pub fn sealed_token(key: &SigningKey, usage: &str, content: &impl Serialize) -> String {
    let content = serde_json::to_vec(content).expect("what is sealed is plain data");
    let text = format!("{}.{}", token(), Hex(&content));
    let mark = key.seal(usage, &text);
    format!("{text}.{}", Hex(&mark))
}

/// What is in a token that this key has sealed for this use.
pub fn open_sealed<T: DeserializeOwned>(key: &SigningKey, usage: &str, token: &str) -> Option<T> {
    let (text, mark) = token.rsplit_once('.')?;
    // Nobody is told how much of a mark was right: the token behind it is as random as any.
    if unhex(mark)? != key.seal(usage, text) {
        return None;
    }
    let (_, content) = text.split_once('.')?;
    let pairs = content.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| Some(unhex::<1>(std::str::from_utf8(pair).ok()?)?[0])).collect();
    serde_json::from_slice(&bytes?).ok()
}

/// The secret in an invite's link: 128 random bits.
pub fn link_secret() -> String {
    Hex(&random::<16>()).to_string()
}

/// Whether this is the secret of a link, and not a code. Nobody guesses one, so that it need not be slowed.
pub fn is_link_secret(typed: &str) -> bool {
    unhex::<16>(typed).is_some()
}

/// A code to be typed: 32⁶, some thousand million. Guessing is slowed, so that it cannot be tried within its lifetime.
pub fn code() -> String {
    // 256 is a multiple of 32: no letter is likelier than another.
    let letter = |byte: u8| char::from(CODE_ALPHABET[usize::from(byte) % CODE_ALPHABET.len()]);
    random::<CODE_CHARS>().into_iter().map(letter).collect()
}

/// A code as someone may have typed it: spaces and hyphens do not count, nor does case.
pub fn tidy_code(typed: &str) -> String {
    typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// A secret as the store keeps it: who reads the database learns none.
pub fn hash(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret.as_bytes()).into())
}

/// In the data folder. It lies beside the database, not in it.
pub const KEY_FILE: &str = "secret.key";

/// The key of the server's marks, made at the first start.
pub fn signing_key(folder: &Path) -> io::Result<SigningKey> {
    let file = folder.join(KEY_FILE);
    match fs::read_to_string(&file) {
        Ok(text) => unhex(text.trim()).map(SigningKey).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{} is not a key", file.display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = random::<32>();
            write_private(&file, format!("{}\n", Hex(&key)).as_bytes())?;
            Ok(SigningKey(key))
        }
        Err(error) => Err(error),
    }
}

/// Puts another key in the place of the one that is there, which is kept beside it. Says whether it is another.
pub fn replace_key(folder: &Path, key: &[u8]) -> io::Result<bool> {
    let file = folder.join(KEY_FILE);
    if fs::read(&file).is_ok_and(|old| old == key) {
        return Ok(false);
    }
    let (part, old) = (folder.join("secret.key.part"), folder.join("secret.key.before-restore"));
    for left_over in [&part, &old] {
        match fs::remove_file(left_over) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    write_private(&part, key)?;
    if file.exists() {
        fs::hard_link(&file, &old)?;
    }
    fs::rename(&part, &file)?;
    Ok(true)
}

/// Writes a new file that other accounts of this machine cannot read.
fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut out = private_file(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}

/// A new file that other accounts of this machine cannot read.
pub fn private_file(file: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_easy_to_read_and_to_type() {
        for _ in 0..200 {
            let code = code();
            assert_eq!(code.len(), 6);
            assert!(!code.contains(['0', '1', 'I', 'O']), "{code}");
            assert_eq!(tidy_code(&format!(" {}-{} ", code[..3].to_lowercase(), &code[3..])), code);
        }
    }

    #[test]
    fn a_links_secret_is_told_from_a_code() {
        assert!(is_link_secret(&link_secret()));
        assert!(!is_link_secret(&code()));
    }

    #[test]
    fn a_sealed_token_is_opened_only_by_its_key_for_its_use() {
        let (key, other) = (SigningKey([1; 32]), SigningKey([2; 32]));
        let token = sealed_token(&key, "door", &("Åsa", 7));
        assert_eq!(open_sealed(&key, "door", &token), Some(("Åsa".to_owned(), 7)));
        assert_eq!(open_sealed::<(String, u8)>(&other, "door", &token), None);
        assert_eq!(open_sealed::<(String, u8)>(&key, "window", &token), None);
        let bent = token.replacen(['a', 'b'], "c", 1);
        for odd in ["", ".", "..", "å.å.å", &bent, &token[1..], &token[..token.len() - 1]] {
            assert_eq!(open_sealed::<(String, u8)>(&key, "door", odd), None, "{odd}");
        }
    }

    #[test]
    fn the_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let key = signing_key(folder.path()).unwrap();
        assert_eq!(signing_key(folder.path()).unwrap().0, key.0);
    }

    #[test]
    fn a_key_that_is_replaced_is_kept_beside() {
        let folder = tempfile::tempdir().unwrap();
        let old = signing_key(folder.path()).unwrap();
        for (byte, changed) in [(7, true), (7, false), (8, true)] {
            let text = format!("{}\n", Hex(&[byte; 32]));
            assert_eq!(replace_key(folder.path(), text.as_bytes()).unwrap(), changed);
            assert_eq!(signing_key(folder.path()).unwrap().0, [byte; 32]);
        }
        assert_ne!(old.0, [8; 32]);
        let beside = fs::read_to_string(folder.path().join("secret.key.before-restore")).unwrap();
        assert_eq!(beside.trim(), Hex(&[7; 32]).to_string());
    }
}
