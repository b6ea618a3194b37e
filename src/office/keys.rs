//! SSH public keys of accounts: read strictly, told apart by their fingerprints.

use super::Refusal;
use crate::said;
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey};

/// Most keys of one account.
const MOST: usize = 20;

/// Reads a public key as it is in a `.pub` file: one line, Ed25519 or ECDSA, whose type and
/// content agree.
fn read(line: &str) -> Result<PublicKey, Refusal> {
    let line = line.trim();
    if line.starts_with("-----BEGIN") {
        return Err(Refusal::invalid(
            "key",
            said!("这是私钥文件。", "This is a private key."),
            said!(
                "私钥不要交给任何人。请给出公钥文件，文件名以 .pub 结尾。",
                "A private key is for nobody else. Give the public key, the file ending in .pub."
            ),
        ));
    }
    let key = PublicKey::from_openssh(line).ok().filter(|_| line.lines().count() == 1);
    let key = key.ok_or_else(|| {
        Refusal::invalid(
            "key",
            said!("这不是一行 OpenSSH 公钥。", "This is not one line of an OpenSSH public key."),
            said!(
                "请给出 ssh-keygen 生成的 .pub 文件，例如 ~/.ssh/id_ed25519.pub。",
                "Give the .pub file ssh-keygen made, such as ~/.ssh/id_ed25519.pub."
            ),
        )
    })?;
    if matches!(key.key_data(), KeyData::Ed25519(_) | KeyData::Ecdsa(_)) {
        return Ok(key);
    }
    let kind = key.algorithm();
    Err(Refusal::invalid(
        "key",
        said!("不接受 {kind} 类型的密钥。", "Keys of type {kind} are not taken."),
        said!("请换一把：ssh-keygen -t ed25519。", "Make another with `ssh-keygen -t ed25519`."),
    ))
}

/// The SHA-256 fingerprint of a public key line, as `ssh-keygen -l` shows it.
///
/// # Errors
/// What is wrong with the line.
pub fn fingerprint(line: &str) -> Result<String, Refusal> {
    Ok(read(line)?.fingerprint(HashAlg::Sha256).to_string())
}

/// Whether a key is among those of an account; comments do not matter.
pub(super) fn holds(keys: &[String], line: &str) -> bool {
    let Ok(wanted) = read(line) else { return false };
    keys.iter().filter_map(|key| read(key).ok()).any(|key| key.key_data() == wanted.key_data())
}

/// Adds a key.
pub(super) fn add(keys: &mut Vec<String>, line: &str) -> Result<(), Refusal> {
    let key = read(line)?;
    if holds(keys, line) {
        return Err(Refusal::conflict(
            said!("这把密钥已经登记过。", "This key is there already."),
            said!("用 yizhan account key list 查看。", "See `yizhan account key list`."),
        )
        .at("key"));
    }
    if keys.len() >= MOST {
        return Err(Refusal::invalid(
            "key",
            said!("一个账号最多登记 {MOST} 把密钥。", "An account has {MOST} keys at most."),
            said!("请先删去不用的。", "Remove one that is not used."),
        ));
    }
    keys.push(key.to_openssh().unwrap_or_else(|_| line.trim().to_string()));
    Ok(())
}

/// Removes the key with a fingerprint.
pub(super) fn remove(keys: &mut Vec<String>, wanted: &str) -> Result<(), Refusal> {
    let before = keys.len();
    keys.retain(|key| fingerprint(key).ok().as_deref() != Some(wanted.trim()));
    if keys.len() < before {
        return Ok(());
    }
    Err(Refusal::invalid(
        "key",
        said!(
            "这个账号没有指纹为 {wanted} 的密钥。",
            "No key of this account has the fingerprint {wanted}."
        ),
        said!("用 yizhan account key list 查看。", "See `yizhan account key list`."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `ssh-keygen` of OpenSSH, fingerprints as `ssh-keygen -l` prints them.
    const KEYS: [(&str, &str); 4] = [
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM11lxGnbiIAQ2mXRvINh6LQN5tq+RhxN5FZKugxG5wh comment here",
            "SHA256:hsawrJO35GIviI3y3sP6APtvFF7XvRJOKhKGXCuUfjo",
        ),
        (
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBF/oDyxBCaXQQ725IKi/imq7wTzeY8o3EAzk9OpbTZu6uxV17dxYFEIDltUWpALAwujtujjgonaggdcZqe9oK5U=",
            "SHA256:yCGwSRO3T7OFzqYT7YQLWgx/WfpFxeOG8IVE0B7R9fA",
        ),
        (
            "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBLnbO9pZQGkZgA+5hp4hQg97gtAYoszakiU0x6nntrI/krYNX2Fxd/XXiFoInJMuaBe/liii4y3HKroVrWS6iUTTrE1/UdMejHLe18H5PhjUupc+kYXJR3K+wHjRjhPT+Q==",
            "SHA256:JtXZ++VZT5ojQJgMExSBVbjD3qZKDteu/2NMj48emVE",
        ),
        (
            "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAFB5Byr/IRE1nakBSRrLgzb2S5k3K0/91Ab91VsRNaJ4weektxnQWdAQ8Sc63TrmXSsWIAI0nf3O/8RXiEDWoTE4AD9rN4dGZ4SJim9/BmEE97JBkMfvl7EKRR8cPqiUKvRn4CS4RTdsnLn7uZMgaUxM+EwpgjiZJBiZ5HGbKW1h05tFg==",
            "SHA256:Ct4KPDe7QDhVr7OpMG0wF7BeesQ61pgYfzd2grWR4+Y",
        ),
    ];

    #[test]
    fn keys_of_both_types_are_read_and_told_apart() {
        let mut kept = Vec::new();
        for (line, print) in KEYS {
            assert_eq!(fingerprint(line).unwrap(), print);
            assert!(!holds(&kept, line));
            add(&mut kept, line).unwrap();
            // The comment does not matter.
            let bare: Vec<&str> = line.split(' ').take(2).collect();
            assert!(
                holds(&kept, &bare.join(" ")) && holds(&kept, &format!("{} other", bare.join(" ")))
            );
            assert!(add(&mut kept, &bare.join(" ")).is_err());
        }
        remove(&mut kept, KEYS[1].1).unwrap();
        assert!(!holds(&kept, KEYS[1].0) && holds(&kept, KEYS[2].0));
        assert!(remove(&mut kept, KEYS[1].1).is_err());
    }

    #[test]
    fn what_is_no_key_for_us_is_refused() {
        let ed25519 = KEYS[0].0;
        for wrong in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            // The type says one thing and the content another.
            &ed25519.replace("ssh-ed25519 ", "ecdsa-sha2-nistp256 "),
            // A byte short, a byte too many, a broken letter.
            &ed25519.replace("G5wh", "G5w"),
            &ed25519.replace("G5wh", "G5whAAAA"),
            &ed25519.replace("AAAAC3", "AAAA*3"),
            &format!("{ed25519}\n{ed25519}"),
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDdUOAbNea4ric1eyWKGoBFFM0wcs6WT4WYLTycDKdQylbQUMj2gawqB4+ZfIaC3jSJHyPe7b7d6t05N0DDtvZX0rvR8nO9IG+26gA8ROdNwpQt8Jahis1LY4bjZmxwuzqZRJfrB+V5ousiXEEHHqgZbdwyONCLOmUPp2Lv5KQiXQ== x",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
            assert!(!holds(&[ed25519.to_string()], wrong), "{wrong}");
        }
        let private = read("-----BEGIN OPENSSH PRIVATE KEY-----").unwrap_err();
        assert!(private.message.en.contains("private"));
    }
}
