//! A hash of a whole file behind its end, so that a single byte that is not what it was is noticed. SQLite, which says in
//! the header how long a database is, passes over what comes after that.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use domain::sync::wire::Hex;
use sha2::{Digest, Sha256};

const BEGINS: &[u8] = b"solsken sha-256 ";
/// With the digest in hexadecimal.
const BYTES: u64 = BEGINS.len() as u64 + 64;

/// Writes a file's seal behind it.
pub fn seal(file: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).open(file)?;
    let digest = digest(&mut file, u64::MAX)?;
    file.write_all(BEGINS)?;
    file.write_all(digest.as_bytes())
}

/// Takes the seal off. `false` if the file is not what was sealed; one that was never sealed is taken as it is.
pub fn open(file: &Path) -> io::Result<bool> {
    let mut file = OpenOptions::new().read(true).write(true).open(file)?;
    let Some(end) = file.metadata()?.len().checked_sub(BYTES) else { return Ok(true) };
    file.seek(SeekFrom::Start(end))?;
    let mut seal = Vec::new();
    file.read_to_end(&mut seal)?;
    let Some(sealed) = seal.strip_prefix(BEGINS) else { return Ok(true) };
    file.seek(SeekFrom::Start(0))?;
    let whole = digest(&mut file, end)?.as_bytes() == sealed;
    file.set_len(end)?;
    Ok(whole)
}

fn digest(file: &mut File, bytes: u64) -> io::Result<String> {
    let (mut hasher, mut part) = (Sha256::new(), vec![0; 1 << 16]);
    let mut rest = file.take(bytes);
    loop {
        match rest.read(&mut part)? {
            0 => return Ok(Hex(&hasher.finalize()).to_string()),
            read => hasher.update(&part[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_byte_that_is_not_what_it_was_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup");
        for text in ["", "a library", &"å".repeat(100_000)] {
            fs::write(&file, text).unwrap();
            assert!(open(&file).unwrap(), "never sealed");
            seal(&file).unwrap();
            let sealed = fs::read(&file).unwrap();
            assert!(open(&file).unwrap());
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            for at in
                [0, text.len() / 2, sealed.len() - 1].into_iter().filter(|at| *at < text.len() || *at > 80)
            {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                fs::write(&file, &changed).unwrap();
                assert!(!open(&file).unwrap(), "{at} of {}", changed.len());
            }
        }
    }
}
