// SPDX-License-Identifier: MIT

//! Hashes, keys, ciphers and signatures.

use crate::{Outcome, Programs, ms, name, say_status, yes};
use libloop::{
    Argon2id, Bytes, Cipher, Crypto, CryptoJob, Error, Hash, KeyFormat, KeyKind, Loop, Op, Scrypt,
    timing_safe_equal,
};
use std::cell::RefCell;
use std::rc::Rc;

pub const PROGRAMS: Programs = &[
    ("crypto_gives_the_published_results", crypto_gives_the_published_results),
    ("crypto_keys_are_made_and_used", crypto_keys_are_made_and_used),
    ("crypto_errors_say_what_is_wrong", crypto_errors_say_what_is_wrong),
    ("crypto_work_that_takes_ages_can_be_ended", crypto_work_that_takes_ages_can_be_ended),
];

type Done<T> = Box<dyn FnOnce(&Loop, Result<T, Error>)>;

/// Makes one request and runs it to its end.
fn ask<T: 'static>(
    lp: &Loop,
    start: impl FnOnce(Crypto<'_>, Done<T>) -> Result<CryptoJob, Error>,
) -> Result<T, Error> {
    let slot = Rc::new(RefCell::new(None));
    let kept = Rc::clone(&slot);
    start(lp.crypto(), Box::new(move |_, value| *kept.borrow_mut() = Some(value)))?;
    lp.run()?;
    slot.take().expect("it came")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a request and says its bytes, or its error with its text.
fn told(
    lp: &Loop,
    what: &str,
    start: impl FnOnce(Crypto<'_>, Done<Bytes>) -> Result<CryptoJob, Error>,
) {
    match ask(lp, start) {
        Ok(bytes) => println!("{what}: {}", hex(&bytes)),
        Err(error) => println!("{what}: {}, {}", error.code().name(), error.text()),
    }
}

const SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

fn say_bytes(what: &'static str) -> impl FnOnce(&Loop, Result<Bytes, Error>) {
    move |_, bytes| println!("{what}: {}", hex(&bytes.unwrap()))
}

fn streams(lp: &Loop) -> Outcome {
    let plain = lp.crypto().hash_stream(Hash::Sha256, say_bytes("hash stream"))?;
    plain.write(lp, "a", |_, _| ())?;
    plain.write(lp, "bc", |_, _| ())?;
    plain.end(lp)?;
    lp.run()?;
    let keyed = lp.crypto().hmac_stream(Hash::Sha256, b"key", say_bytes("hmac stream"))?;
    keyed.write(lp, "abc", |_, _| ())?;
    keyed.end(lp)?;
    lp.run().map(drop)
}

fn crypto_gives_the_published_results() -> Outcome {
    let lp = Loop::new()?;
    let sha = Hash::Sha256;
    let pieces = || vec![b"a".to_vec(), b"bc".to_vec()];
    for &hash in Hash::ALL {
        told(&lp, hash.name(), |c, done| c.hash(hash, "abc", done));
    }
    told(&lp, "hash of pieces", |c, done| c.hash_pieces(sha, pieces(), done));
    told(&lp, "hash of a file", |c, done| c.hash_file(sha, "/dev/null", done));
    told(&lp, "hmac", |c, done| c.hmac(sha, b"key", "abc", done));
    told(&lp, "hmac of pieces", |c, done| c.hmac_pieces(sha, b"key", pieces(), done));
    told(&lp, "hmac of a file", |c, done| c.hmac_file(sha, b"key", "/dev/null", done));
    streams(&lp)?;
    told(&lp, "pbkdf2", |c, done| c.pbkdf2(Hash::Sha1, b"password", b"salt", 4096, 20, done));
    let costs = Scrypt { cost: 1024, block_size: 8, parallelism: 16, ..Scrypt::default() };
    told(&lp, "scrypt", |c, done| c.scrypt(b"password", b"NaCl", costs, 16, done));
    let costs = Argon2id { passes: 2, memory_kib: 256, lanes: 2, ..Argon2id::default() };
    told(&lp, "argon2id", |c, done| c.argon2id(b"password", b"somesalt", costs, 32, done));
    told(&lp, "hkdf", |c, done| c.hkdf(sha, b"secret", b"salt", b"info", 42, done));
    for &cipher in Cipher::ALL {
        let key = match cipher {
            Cipher::Aes128Gcm => &SEED[..16],
            Cipher::Aes192Gcm => &SEED[..24],
            _ => &SEED[..],
        };
        let nonce = if cipher == Cipher::XChaCha20Poly1305 { &SEED[..24] } else { &SEED[..12] };
        let sealed = ask(&lp, |c, done| c.seal(cipher, key, nonce, b"aad", "text", done))?;
        println!("{cipher}: {}", hex(&sealed));
        told(&lp, cipher.name(), |c, done| {
            c.open_sealed(cipher, key, nonce, b"aad", sealed.to_vec(), done)
        });
    }
    let kind = Some(KeyKind::Ed25519);
    let public = ask(&lp, |c, done| c.public_key(&SEED, kind, KeyFormat::Raw, done))?;
    println!("public key: {}", hex(&public));
    told(&lp, "in DER", |c, done| c.public_key(&SEED, kind, KeyFormat::Der, done));
    let signature = ask(&lp, |c, done| c.sign(None, &SEED, "", done))?;
    println!("signature: {}", hex(&signature));
    for text in ["", "x"] {
        let good = ask(&lp, |c, done| c.verify(None, &public, text, &signature, done))?;
        println!("good: {}", yes(good));
    }
    let kind = Some(KeyKind::X25519);
    let mine = ask(&lp, |c, done| c.public_key(&SEED, kind, KeyFormat::Raw, done))?;
    told(&lp, "x25519", |c, done| c.x25519(&SEED, &mine, done));
    let (same, sane) = (timing_safe_equal(b"same", b"same"), timing_safe_equal(b"same", b"sane"));
    println!("equal: {}, {}", yes(same), yes(sane));
    lp.free()
}

fn crypto_keys_are_made_and_used() -> Outcome {
    let lp = Loop::new()?;
    for kind in [KeyKind::Ed25519, KeyKind::P256, KeyKind::P384, KeyKind::P521] {
        let hash = (kind != KeyKind::Ed25519).then_some(Hash::Sha256);
        for (form, format) in
            [("der", KeyFormat::Der), ("pem", KeyFormat::Pem), ("raw", KeyFormat::Raw)]
        {
            if format == KeyFormat::Raw && hash.is_some() {
                continue;
            }
            let pair = ask(&lp, |c, done| c.generate_key(kind, format, done))?;
            let again = ask(&lp, |c, done| c.public_key(pair.private(), Some(kind), format, done))?;
            let same = if *again == *pair.public() { "the same" } else { "another" };
            println!("{kind} in {form}: the public key is {same}");
            let signature = ask(&lp, |c, done| c.sign(hash, pair.private(), "text", done))?;
            for text in ["text", "test"] {
                let good =
                    ask(&lp, |c, done| c.verify(hash, pair.public(), text, &signature, done))?;
                println!("{kind} in {form}: {}", yes(good));
            }
        }
    }
    let first = ask(&lp, |c, done| c.generate_key(KeyKind::X25519, KeyFormat::Raw, done))?;
    let second = ask(&lp, |c, done| c.generate_key(KeyKind::X25519, KeyFormat::Pem, done))?;
    let one = ask(&lp, |c, done| c.x25519(first.private(), second.public(), done))?;
    let two = ask(&lp, |c, done| c.x25519(second.private(), first.public(), done))?;
    let equal = if timing_safe_equal(&one, &two) { "equal" } else { "different" };
    println!("the secrets are {equal}");
    let one = ask(&lp, |c, done| c.random_bytes(1000, done))?;
    let two = ask(&lp, |c, done| c.random_bytes(1000, done))?;
    let same = if one == two { "the same" } else { "others each time" };
    println!("{} random bytes, {same}", two.len());
    lp.free()
}

fn crypto_errors_say_what_is_wrong() -> Outcome {
    let lp = Loop::new()?;
    let key = *b"0123456789abcdef0123456789abcdef";
    let (gcm, chacha) = (Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305);
    let sha = Hash::Sha256;
    told(&lp, "none", |c, done| c.random_bytes(0, done));
    told(&lp, "too many", |c, done| c.random_bytes((1 << 30) + 1, done));
    told(&lp, "iterations", |c, done| c.pbkdf2(Hash::Sha1, b"p", b"s", 0, 20, done));
    let costs = Scrypt { cost: 1000, ..Scrypt::default() };
    told(&lp, "cost", |c, done| c.scrypt(b"p", b"s", costs, 32, done));
    let costs = Scrypt { cost: 1 << 20, ..Scrypt::default() };
    told(&lp, "memory", |c, done| c.scrypt(b"p", b"s", costs, 32, done));
    let costs = Argon2id { passes: 1, memory_kib: 1 << 20, ..Argon2id::default() };
    told(&lp, "memory", |c, done| c.argon2id(b"p", b"s", costs, 32, done));
    told(&lp, "length", |c, done| c.hkdf(sha, b"k", b"s", b"i", 8161, done));
    told(&lp, "key", |c, done| c.seal(gcm, &key[..31], &key[..12], b"", "a", done));
    told(&lp, "nonce", |c, done| c.seal(chacha, &key, &key[..24], b"", "a", done));
    told(&lp, "tag", |c, done| c.open_sealed(gcm, &key, &key[..12], b"", key, done));
    told(&lp, "cut off", |c, done| c.open_sealed(gcm, &key, &key[..12], b"", &key[..15], done));
    told(&lp, "private key", |c, done| c.sign(Some(sha), b"no key", "a", done));
    let good = ask(&lp, |c, done| c.verify(Some(sha), b"no key", "a", b"s", done));
    let error = good.unwrap_err();
    println!("public key: {}, {}", error.code().name(), error.text());
    told(&lp, "hash", |c, done| c.sign(Some(sha), &key, "a", done));
    let pair = ask(&lp, |c, done| c.generate_key(KeyKind::P256, KeyFormat::Raw, done));
    println!("form: {}, {}", name(&pair), pair.unwrap_err().text());
    told(&lp, "zeros", |c, done| c.x25519(&key, &[0; 32], done));
    told(&lp, "file", |c, done| c.hash_file(Hash::Md5, "/no/such/file", done));
    told(&lp, "folder", |c, done| c.hmac_file(Hash::Md5, b"k", "/", done));
    lp.free()
}

fn crypto_work_that_takes_ages_can_be_ended() -> Outcome {
    const AGES: u64 = (1 << 31) - 1;
    let lp = Loop::new()?;
    let say = say_status("cancelled");
    let job = lp.crypto().pbkdf2(Hash::Sha512, b"p", b"s", AGES, 64, say)?;
    lp.set_timeout(ms(10), move |lp| lp.cancel(job).unwrap())?;
    lp.run()?;
    let late = Op::new().deadline(ms(10));
    let say = say_status("late");
    lp.with(late).crypto().pbkdf2(Hash::Sha512, b"p", b"s", AGES, 64, say)?;
    lp.run()?;
    let late = Op::new().deadline(ms(10));
    lp.with(late).crypto().hash_file(Hash::Sha256, "/dev/zero", say_status("endless"))?;
    lp.run()?;
    lp.free()
}
