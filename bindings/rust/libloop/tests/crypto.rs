// SPDX-License-Identifier: MIT

//! Hashes, keys, ciphers and signatures.

mod common;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use common::{Log, ms};
use libloop::{
    Argon2id, Bytes, Cipher, Code, Crypto, CryptoJob, Error, Hash, KeyFormat, KeyKind, KeyPair,
    Loop, Op, Scrypt, timing_safe_equal,
};

/// What a closure was given.
type Slot<T> = Rc<RefCell<Option<Result<T, Error>>>>;

/// Starts something with the closure it is given, runs the loop, and gives what came.
fn ask<T: 'static>(
    lp: &Loop,
    start: impl FnOnce(Crypto<'_>, Box<dyn FnOnce(&Loop, Result<T, Error>)>) -> Result<CryptoJob, Error>,
) -> Result<T, Error> {
    let slot: Slot<T> = Rc::default();
    let done = Rc::clone(&slot);
    let callback = Box::new(move |_lp: &Loop, value| {
        assert!(done.borrow_mut().replace(value).is_none(), "it came twice");
    });
    start(lp.crypto(), callback).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    slot.take().expect("the closure was called")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const MAC: &str = "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab";

#[test]
fn hashes_and_macs_give_their_digests() {
    let lp = Loop::new().unwrap();
    let path = std::env::temp_dir().join(format!("libloop-crypto-{}", std::process::id()));
    std::fs::write(&path, "abc").unwrap();
    let pieces = || vec![b"a".to_vec(), Vec::new(), b"bc".to_vec()];
    let sha = Hash::Sha256;
    let hashes = [
        ask(&lp, |c, done| c.hash(sha, "abc", done)),
        ask(&lp, |c, done| c.hash_pieces(sha, pieces(), done)),
        ask(&lp, |c, done| c.hash_file(sha, &path, done)),
    ];
    for digest in hashes {
        assert_eq!(hex(&digest.unwrap()), ABC);
    }
    let macs = [
        ask(&lp, |c, done| c.hmac(sha, b"key", "abc", done)),
        ask(&lp, |c, done| c.hmac_pieces(sha, b"key", pieces(), done)),
        ask(&lp, |c, done| c.hmac_file(sha, b"key", &path, done)),
    ];
    for digest in macs {
        assert_eq!(hex(&digest.unwrap()), MAC);
    }
    std::fs::remove_file(&path).unwrap();
    let nothing = ask(&lp, |c, done| c.hash_pieces(Hash::Md5, Vec::new(), done)).unwrap();
    assert_eq!(hex(&nothing), "d41d8cd98f00b204e9800998ecf8427e");
}

#[test]
fn every_hash_has_its_name_and_its_length() {
    let lp = Loop::new().unwrap();
    for &hash in Hash::ALL {
        assert_eq!(hash.name().parse::<Hash>().unwrap(), hash);
        assert_eq!(hash.name().to_uppercase().parse::<Hash>().unwrap(), hash);
        let digest = ask(&lp, |c, done| c.hash(hash, "abc", done)).unwrap();
        let bits = match hash {
            Hash::Sha1 => 160,
            Hash::Md5 => 128,
            _ => hash.name()[hash.name().len() - 3..].parse().unwrap(),
        };
        assert_eq!(digest.len() * 8, bits, "{hash}");
    }
    assert_eq!(Hash::ALL.len(), 15);
    assert_eq!("sha0".parse::<Hash>().unwrap_err().code(), Code::Invalid);
    assert_eq!("aes-256-gcm".parse::<Cipher>().unwrap(), Cipher::Aes256Gcm);
    assert_eq!("p-256".parse::<KeyKind>().unwrap(), KeyKind::P256);
}

#[test]
fn derived_keys_are_the_published_ones() {
    let lp = Loop::new().unwrap();
    let key = ask(&lp, |c, done| c.pbkdf2(Hash::Sha1, b"password", b"salt", 4096, 20, done));
    assert_eq!(hex(&key.unwrap()), "4b007901b765489abead49d926f721d065a429c1");
    let costs = Scrypt { cost: 16, block_size: 1, ..Scrypt::default() };
    let key = ask(&lp, |c, done| c.scrypt(b"", b"", costs, 16, done)).unwrap();
    assert_eq!(hex(&key), "77d6576238657b203b19ca42c18a0497");
    let costs = Argon2id { passes: 2, memory_kib: 256, lanes: 2, ..Argon2id::default() };
    let key = ask(&lp, |c, done| c.argon2id(b"password", b"somesalt", costs, 32, done)).unwrap();
    assert_eq!(hex(&key), "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
    let key = ask(&lp, |c, done| c.hkdf(Hash::Sha256, &[0x0b; 22], b"", b"", 16, done)).unwrap();
    assert_eq!(hex(&key), "8da4e775a563c18f715f802a063c5a31");
}

#[test]
fn sealed_texts_open_again_with_everything_the_same() {
    let lp = Loop::new().unwrap();
    for &cipher in Cipher::ALL {
        let key = [7; 32];
        let key = match cipher {
            Cipher::Aes128Gcm => &key[..16],
            Cipher::Aes192Gcm => &key[..24],
            _ => &key[..],
        };
        let nonce: &[u8] = if cipher == Cipher::XChaCha20Poly1305 { &[1; 24] } else { &[1; 12] };
        let sealed = ask(&lp, |c, done| c.seal(cipher, key, nonce, b"aad", "text", done)).unwrap();
        assert_eq!(sealed.len(), 4 + 16);
        let open = |data: Vec<u8>, aad: &'static [u8]| {
            ask(&lp, |c, done| c.open_sealed(cipher, key, nonce, aad, data, done))
        };
        assert_eq!(&*open(sealed.to_vec(), b"aad").unwrap(), b"text");
        assert_eq!(open(sealed.to_vec(), b"add").unwrap_err().code(), Code::Auth);
        assert_eq!(open(sealed[..19].to_vec(), b"aad").unwrap_err().code(), Code::Auth);
        let mut garbled = sealed.to_vec();
        garbled[0] ^= 1;
        assert_eq!(open(garbled, b"aad").unwrap_err().code(), Code::Auth);
    }
}

#[test]
fn keys_sign_and_verify_in_every_form() {
    let lp = Loop::new().unwrap();
    for kind in [KeyKind::Ed25519, KeyKind::P256, KeyKind::P384, KeyKind::P521] {
        let hash = (kind != KeyKind::Ed25519).then_some(Hash::Sha512);
        for format in [KeyFormat::Der, KeyFormat::Pem, KeyFormat::Raw] {
            let pair = ask(&lp, |c, done| c.generate_key(kind, format, done));
            if format == KeyFormat::Raw && hash.is_some() {
                assert_eq!(pair.unwrap_err().code(), Code::Invalid);
                continue;
            }
            let pair: KeyPair = pair.unwrap();
            assert_eq!(format == KeyFormat::Pem, pair.public().starts_with(b"-----BEGIN PUBLIC"));
            let again =
                ask(&lp, |c, done| c.public_key(pair.private(), Some(kind), format, done)).unwrap();
            assert_eq!(&*again, pair.public());
            let signature: Bytes =
                ask(&lp, |c, done| c.sign(hash, pair.private(), "text", done)).unwrap();
            let verify = |text: &'static str| {
                ask(&lp, |c, done| c.verify(hash, pair.public(), text, &signature, done)).unwrap()
            };
            assert!(verify("text"));
            assert!(!verify("test"));
        }
    }
}

#[test]
fn both_sides_agree_on_a_secret() {
    let lp = Loop::new().unwrap();
    let pair = |format| ask(&lp, |c, done| c.generate_key(KeyKind::X25519, format, done)).unwrap();
    let (mine, theirs) = (pair(KeyFormat::Raw), pair(KeyFormat::Pem));
    let one = ask(&lp, |c, done| c.x25519(mine.private(), theirs.public(), done)).unwrap();
    let two = ask(&lp, |c, done| c.x25519(theirs.private(), mine.public(), done)).unwrap();
    assert_eq!(one.len(), 32);
    assert!(timing_safe_equal(&one, &two));
    let zeros = ask(&lp, |c, done| c.x25519(mine.private(), &[0; 32], done)).unwrap_err();
    assert_eq!(zeros.text(), "x25519: a public key that gives a secret of zeros");
    assert!(!format!("{mine:?}").contains(&format!("{:?}", mine.private()[0])));
}

#[test]
fn random_bytes_do_not_repeat() {
    let lp = Loop::new().unwrap();
    let one = ask(&lp, |c, done| c.random_bytes(2_000_001, done)).unwrap();
    let two = ask(&lp, |c, done| c.random_bytes(2_000_001, done)).unwrap();
    assert_eq!(one.len(), 2_000_001);
    assert_ne!(one, two);
}

#[test]
fn streams_give_the_digest_of_what_was_written() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let say = |what: &'static str| {
        let log = log.clone();
        move |_lp: &Loop, digest: Result<Bytes, Error>| {
            log.add(format!("{what} {}", &hex(&digest.unwrap())[..8]));
        }
    };
    let plain = lp.crypto().hash_stream(Hash::Sha256, say("hash")).unwrap();
    let keyed = lp.crypto().hmac_stream(Hash::Sha256, b"key", say("hmac")).unwrap();
    for stream in [plain, keyed] {
        for piece in ["a", "", "bc"] {
            let log = log.clone();
            stream
                .write(&lp, piece, move |_lp, taken| log.add(format!("{}", taken.unwrap())))
                .unwrap();
        }
        stream.end(&lp).unwrap();
    }
    lp.run().unwrap();
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["0", "0", "1", "1", "2", "2", "hash ba7816bf", "hmac 9c196e32"]);
    assert_eq!(plain.write(&lp, "late", |_, _| ()).unwrap_err().code(), Code::BadId);
    assert_eq!(keyed.end(&lp).unwrap_err().code(), Code::BadId);
}

#[test]
fn what_an_algorithm_does_not_take_says_what_is_wrong() {
    let lp = Loop::new().unwrap();
    let error = ask(&lp, |c, done| c.random_bytes(0, done)).unwrap_err();
    assert_eq!((error.code(), error.text()), (Code::Invalid, "random_bytes: 0 bytes"));
    let error = ask(&lp, |c, done| c.seal(Cipher::Aes256Gcm, b"short", b"", b"", "", done));
    assert_eq!(error.unwrap_err().text(), "seal: a key of 5 bytes, not 32");
    let costs = Scrypt { cost: 1 << 20, ..Scrypt::default() };
    let error = ask(&lp, |c, done| c.scrypt(b"", b"", costs, 32, done)).unwrap_err();
    assert_eq!(error.code(), Code::TooBig);
    let costs = Argon2id { memory_kib: 1 << 20, ..Argon2id::default() };
    let error = ask(&lp, |c, done| c.argon2id(b"", b"", costs, 32, done)).unwrap_err();
    assert_eq!(error.code(), Code::TooBig);
    let missing = std::env::temp_dir().join("libloop no such file");
    let error = ask(&lp, |c, done| c.hash_file(Hash::Md5, &missing, done)).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(error.text(), format!("hash_file {}", missing.display()));
    let refused = lp.crypto().hash_file(Hash::Md5, "a\0b", |_, _| unreachable!()).unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
}

#[test]
fn cancel_deadline_and_the_end_of_a_loop_end_work_that_would_take_ages() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let say = |what: &'static str| {
        let log = log.clone();
        move |_lp: &Loop, key: Result<Bytes, Error>| {
            log.add(format!("{what} {:?}", key.unwrap_err().code()));
        }
    };
    let ages = |op: Op, what| {
        let iterations = (1 << 31) - 1;
        lp.with(op).crypto().pbkdf2(Hash::Sha512, b"p", b"s", iterations, 32, say(what)).unwrap()
    };
    ages(Op::new().deadline(ms(5)).label("late"), "deadline");
    let canceled = ages(Op::new(), "cancel");
    lp.set_timeout(ms(20), move |lp| lp.cancel(canceled).unwrap()).unwrap();
    lp.run().unwrap();
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["cancel Canceled", "deadline TimedOut"]);
    let cleared = ages(Op::new(), "clear");
    lp.run_for(Duration::from_millis(5)).unwrap();
    lp.clear(cleared).unwrap();
    ages(Op::new(), "end");
    lp.free().unwrap();
    log.expect(&["end Canceled"]);
}

#[test]
fn timing_safe_equal_compares() {
    assert!(timing_safe_equal(b"", b""));
    assert!(timing_safe_equal(b"same", b"same"));
    assert!(!timing_safe_equal(b"same", b"sane"));
    assert!(!timing_safe_equal(b"same", b"same longer"));
}
